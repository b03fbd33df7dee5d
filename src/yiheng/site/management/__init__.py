"""The hospital's own management (医院管理): budget, control, buying, people, pay."""
