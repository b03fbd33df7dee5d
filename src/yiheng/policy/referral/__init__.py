"""Two-way referral (双向转诊): grounds, dangers, time limits; dated, with their source or whose choice they are."""
