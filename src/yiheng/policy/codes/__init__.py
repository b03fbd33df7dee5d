"""Lists of codes with a published source (编码清单): Charlson categories (Quan 2005), weights of 1987 and 2011."""
