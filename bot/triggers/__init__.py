"""What starts runs beside people: calls over HTTP, a folder of mails, and times of the week.

    file.py      the file that names them (SIGNOFF_TRIGGERS)
    trigger.py   one thing that starts runs
    webhook.py   signed calls
    mailbox.py   folders of .eml files
    schedule.py  cron lines
    bound.py     all of it, bound to the agents and channels of a Signoff

Whatever comes in goes through `bot/flow/trigger.py`, which knows what came before.
"""
