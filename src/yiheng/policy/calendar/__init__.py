"""Working calendars (工作日历): each year's public holidays, the weekends worked for them, and the year's notice."""
