"""What settings stand on (设置的依据): the database, the site's secret, which services there are. Imports no model."""
