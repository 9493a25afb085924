<<<<<<< HEAD
"""The pages of the house's staff."""
=======
"""The pages of the house's own staff."""
>>>>>>> 045ce34 (Let staff see jobs and mail, try a job again, cancel it, and send a mail again)
