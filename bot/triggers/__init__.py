"""What starts runs beside people in chat: webhooks, folders of mail, cron lines. The file SIGNOFF_TRIGGERS names them."""
