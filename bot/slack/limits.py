"""Slack's published limits, in one place: a correction is one line.

Lengths are in characters, counts in items, times in seconds. A limit without a link of its own comes from the
validators of slack_sdk 3.47 (https://github.com/slackapi/python-slack-sdk/tree/main/slack_sdk/models).
"""

from typing import Final

# Messages: https://docs.slack.dev/reference/block-kit/blocks
MESSAGE_BLOCKS: Final = 50
# Not documented; `msg_blocks_too_long` was met near here: https://github.com/slackapi/bolt-js/issues/2509
MESSAGE_BLOCKS_JSON: Final = 13_200
# What Signoff allows itself, well under the undocumented limit.
MESSAGE_BLOCKS_JSON_BUDGET: Final = 12_000
# https://docs.slack.dev/reference/methods/chat.postMessage
MESSAGE_TEXT: Final = 40_000
# https://docs.slack.dev/reference/methods/chat.update
UPDATE_TEXT: Final = 4_000

# Views: https://docs.slack.dev/reference/views
VIEW_BLOCKS: Final = 100
VIEW_TITLE: Final = 24
VIEW_SUBMIT: Final = 24
VIEW_CLOSE: Final = 24
VIEW_PRIVATE_METADATA: Final = 3_000
VIEW_CALLBACK_ID: Final = 255
VIEW_EXTERNAL_ID: Final = 255
# https://docs.slack.dev/reference/methods/views.push
VIEW_STACK: Final = 3
VIEW_JSON: Final = 250_000

# Blocks: https://docs.slack.dev/reference/block-kit/blocks
BLOCK_ID: Final = 255
SECTION_TEXT: Final = 3_000
SECTION_FIELDS: Final = 10
# https://docs.workato.com/workbot/block-kit.html
SECTION_FIELD: Final = 2_000
HEADER_TEXT: Final = 150
CONTEXT_ELEMENTS: Final = 10
ACTIONS_ELEMENTS: Final = 25
INPUT_LABEL: Final = 2_000
INPUT_HINT: Final = 2_000
MARKDOWN_TEXT: Final = 12_000
IMAGE_URL: Final = 3_000
IMAGE_ALT_TEXT: Final = 2_000
# https://docs.slack.dev/reference/block-kit/blocks/table-block
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20

# Elements: https://docs.slack.dev/reference/block-kit/block-elements
ACTION_ID: Final = 255
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
BUTTON_URL: Final = 3_000
BUTTON_ACCESSIBILITY_LABEL: Final = 75
PLACEHOLDER: Final = 150
PLAIN_TEXT_INPUT: Final = 3_000
# https://docs.slack.dev/reference/block-kit/composition-objects/option-object
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTION_DESCRIPTION: Final = 75
SELECT_OPTIONS: Final = 100
CHOICE_OPTIONS: Final = 10
OVERFLOW_OPTIONS: Final = 5
# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30

# Time
# https://docs.slack.dev/tools/bolt-python/concepts/acknowledge
ACK_SECONDS: Final = 3.0
# https://docs.slack.dev/interactivity/handling-user-interaction
TRIGGER_SECONDS: Final = 3.0
RESPONSE_URL_SECONDS: Final = 30 * 60
RESPONSE_URL_USES: Final = 5
# https://docs.slack.dev/apis/events-api
EVENT_RETRY_SECONDS: Final = (0.0, 60.0, 300.0)
# https://docs.slack.dev/apis/events-api/using-socket-mode
SOCKET_CONNECTIONS: Final = 10
# https://docs.slack.dev/apis/web-api/rate-limits
POSTS_PER_CHANNEL_PER_SECOND: Final = 1
