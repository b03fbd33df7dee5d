"""Report limits (报告限值): from how many cases on a figure is shown, and how complications are compared."""
