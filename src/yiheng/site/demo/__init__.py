"""The made-up region in the site (演示站点): places, people and matters to try the services on. It is no service.

Places come from the table that the demo's DATA has. What people did was done through the same actions as anybody's, at
moments of the past. Never beside a region's own data: a site that holds any is refused.
"""
