"""Two-way referral (双向转诊): grounds, dangers, time limits; each value dated, with its source or whose choice it is."""
