"""Microsoft Teams as a place where people meet requests.

    ingress, token, keys        what is taken from Teams, and from nobody else
    turns                       the one file that knows botbuilder
    payloads, listeners         activities as intents for the desk, and its answers as what Teams shows
    surface, render_*           cards and words, as `bot.flow.surface.Surface` asks for them
    connector, credentials      the calls to the Bot Connector, and the tokens that they carry
    conversations, directory    where Signoff may speak, and who is there
    connect                     all of it put together

botbuilder gets no more releases (https://github.com/microsoft/botbuilder-python), so nothing of it leaves `turns`: not its
token checks, its network client or its types. To replace it, by the Microsoft Teams SDK say, bring each activity that
`ingress` has taken to the methods of `turns.Listeners`, as the JSON that arrived, and answer an invoke with the `Reply` that
comes back. To replace more of this folder, bring a `Surface` and a connection with `endpoints`, `listen`, `start`, `stop`
(`bot.app.Chat`). It is good when `tests/contracts/surface` passes on it.
"""
