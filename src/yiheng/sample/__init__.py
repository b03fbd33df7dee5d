"""A made-up region (演示区域), so that anyone can start without data.

A city of 1.6 million people with six counties, its public hospitals, three institutions outside, and its discharges by
the seed: `places.places`, `discharges.discharges`, `write.write`. Every frequency and effect is a row in `tables/`.
`forms/` writes the same as hospitals send it: front pages, settlement lists, charge lines; also with planted errors.
It describes no real place or person: names carry 演示, and area codes begin with 99 or 98, which nobody has.
It never stands in for norms, prices or policy: no other room may take a value from it.
"""
