"""The site (站点): people acting in turn, on top of the engines' tables. A Django project.

`base` knows no policy and no service; every other folder is one service, a declaration on base's eight concepts. Only
here does the program know Django, a clock and people. Facts and results stay tables: the site reads them through
`tables` and writes them through jobs.
"""
