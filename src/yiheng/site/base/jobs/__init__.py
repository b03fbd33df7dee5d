"""Jobs (后台作业): long work that a person starts and need not wait for, done in a child process.

A child may be killed at any moment: what it does is committed last, so that a repeat is one effect. A job that is lost
is noticed and tried again, some times, with waits. The worker also calls what is due every minute. A job never asks who
may start it: the action that makes it does.
"""
