"""Pages for people: every run readable, every request with its whole story. Nothing here is public.

How somebody gets in: whoever Signoff knows to be talking to (a chat, an operator at a terminal) gives them a link that is
sealed for that one person and one page, lives ten minutes and works once. Opening it shows a button, so a program that
previews links uses none up; pressing the button makes a session of some hours in a cookie. At each page the person is looked
up in the directory again: who was deactivated is out within a minute.

Who sees a run, and with it its requests: whoever asked for it or on whose behalf it acts; whoever decided on one of its
requests, or is asked to (by name, through a group, in somebody's place); whom SIGNOFF_PAGE_READERS names. That is
narrower than `/signoff show`, which shows full members one card: a run holds everything that the agent read.
"""
