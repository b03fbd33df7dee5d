"""Official forms (官方采集表): the columns of each, in order, as their documents list them."""
