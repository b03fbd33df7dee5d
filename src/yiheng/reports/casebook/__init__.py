"""The casebook (病组手册): linked pages of groups, hospitals, departments and doctors, and one workbook of all.

A page answers its reader's questions from figures that `norms` made: where days are lost, why a group is dear here,
which changes matter most. It computes nothing of its own and ranks no doctor.
"""
