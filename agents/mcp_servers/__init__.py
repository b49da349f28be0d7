"""Tools of MCP servers as actions: read from a lock file, judged by the policy, compared with the server before each call.

What a server says about a tool is the word of a stranger: "clients MUST consider tool annotations to be untrusted"
(https://modelcontextprotocol.io/specification/2025-11-25/server/tools). So a person looks at each tool once and pins it with
`signoff mcp pin`. Actions are made of pins only: what nobody looked at does not exist here, and a tool that has changed is
not called. Annotations such as `readOnlyHint` change nothing: every tool is an action, without a rule people are asked,
and only a rule of the policy lets one run by itself.

    servers.py    the file that names the servers
    pins.py       the lock file: definitions and their hashes
    screening.py  what cannot be pinned, and what changed
    unseen.py     words in which nothing hides
    arguments.py  an argument model of a JSON schema
    session.py    the connection; the only module that imports `mcp`, which is an extra
    results.py    what comes back, as data
    hub.py        all of it together: the actions, and how the servers stand
"""
