"""A hundred credentials of the published formats, made here: none of them opens anything."""

from collections.abc import Mapping
from itertools import cycle, islice

HEX, LOW, MIXED = "0123456789abcdef", "k3m9x7q2b5w8z1n4", "aZ3kQ9mX7bR2tY5wL8vC1nJ4"


def some(alphabet: str, length: int) -> str:
    return "".join(islice(cycle(alphabet), length))


def hexes(length: int) -> str:
    return some(HEX, length)


def mixed(length: int) -> str:
    return some(MIXED, length)


UUID = f"{hexes(8)}-{hexes(4)}-4{hexes(3)}-8{hexes(3)}-{hexes(12)}"
PEM = "\n".join(["-----BEGIN {0}PRIVATE KEY-----", mixed(64), mixed(64), mixed(20) + "==", "-----END {0}PRIVATE KEY-----"])
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.{mixed(43)}"

# By issuer: the whole text that must not be seen anywhere.
TOKENS: Mapping[str, str] = {
    "AWS access key": "AKIA" + some("ABCDEFGH234567", 16),
    "AWS session key": "ASIA" + some("ABCDEFGH234567", 16),
    "AWS Bedrock": "ABSK" + mixed(120) + "=",
    "GitHub classic": "ghp_" + mixed(36),
    "GitHub OAuth": "gho_" + mixed(36),
    "GitHub user": "ghu_" + mixed(36),
    "GitHub server": "ghs_" + mixed(36),
    "GitHub refresh": "ghr_" + mixed(76),
    "GitHub fine-grained": f"github_pat_{mixed(22)}_{mixed(59)}",
    "GitLab": "glpat-" + mixed(20),
    "GitLab runner": "glrt-" + mixed(20),
    "GitLab deploy": "gldt-" + mixed(20),
    "Slack bot": f"xoxb-123456789012-1234567890123-{mixed(24)}",
    "Slack user": f"xoxp-123456789012-{hexes(32)}",
    "Slack app": f"xapp-1-A0123456789-1234567890123-{hexes(64)}",
    "Slack refresh": f"xoxe-1-{mixed(140)}",
    "Slack rotated": f"xoxe.xoxb-1-{mixed(140)}",
    "Stripe live": "sk_live_" + mixed(24),
    "Stripe test": "sk_test_" + mixed(24),
    "Stripe restricted": "rk_live_" + mixed(24),
    "Stripe webhook": "whsec_" + mixed(32),
    "Google API": "AIza" + mixed(35),
    "Google secret": "GOCSPX-" + mixed(28),
    "Google access": "ya29." + mixed(120),
    "Google refresh": "1//0" + mixed(60),
    "Anthropic": f"sk-ant-api03-{mixed(93)}AA",
    "OpenAI": f"sk-{mixed(20)}T3BlbkFJ{mixed(20)}",
    "OpenAI project": "sk-proj-" + mixed(100),
    "OpenAI service": "sk-svcacct-" + mixed(100),
    "OpenRouter": "sk-or-v1-" + hexes(64),
    "DeepSeek": "sk-" + hexes(32),
    "Langfuse": f"sk-lf-{UUID}",
    "Groq": "gsk_" + mixed(52),
    "xAI": "xai-" + mixed(80),
    "Perplexity": "pplx-" + mixed(48),
    "Replicate": "r8_" + mixed(37),
    "Hugging Face": "hf_" + mixed(34),
    "NVIDIA": "nvapi-" + mixed(64),
    "LangSmith": f"lsv2_pt_{hexes(32)}_{hexes(10)}",
    "Pinecone": "pcsk_" + mixed(70),
    "Tavily": "tvly-" + mixed(32),
    "Azure client": f"aB3{8}Q~{mixed(34)}",
    "npm": "npm_" + mixed(36),
    "PyPI": "pypi-AgEIcHlwaS5vcmc" + mixed(120),
    "RubyGems": "rubygems_" + hexes(48),
    "crates.io": "cio" + mixed(32),
    "NuGet": "oy2" + some(LOW, 43),
    "Clojars": "CLOJARS_" + some(LOW, 60),
    "Docker": "dckr_pat_" + mixed(27),
    "JFrog": "AKCp" + mixed(69),
    "SendGrid": f"SG.{mixed(22)}.{mixed(43)}",
    "Twilio": "SK" + hexes(32),
    "Mailgun": "key-" + hexes(32),
    "Mailchimp": hexes(32) + "-us12",
    "Brevo": f"xkeysib-{hexes(64)}-{mixed(16)}",
    "Resend": f"re_{mixed(8)}_{mixed(24)}",
    "Square": "sq0atp-" + mixed(22),
    "Square access": "EAAA" + mixed(60),
    "Shopify": "shpat_" + hexes(32),
    "PayPal": f"access_token$production${some(LOW, 16)}${hexes(32)}",
    "Plaid": f"access-production-{UUID}",
    "Flutterwave": f"FLWSECK-{hexes(32)}-X",
    "Facebook": "EAA" + mixed(160),
    "DigitalOcean": "dop_v1_" + hexes(64),
    "Heroku": "HRKU-AA" + mixed(58),
    "Databricks": "dapi" + hexes(32),
    "Atlassian": "ATATT3xFfGF0" + mixed(170),
    "Bitbucket": "ATBB" + mixed(32),
    "Dropbox": "sl.u." + mixed(130),
    "Linear": "lin_api_" + mixed(40),
    "Notion": "ntn_" + mixed(46),
    "Notion internal": "secret_" + mixed(43),
    "Airtable": f"pat{mixed(14)}.{hexes(64)}",
    "HubSpot": f"pat-na1-{UUID}",
    "Figma": "figd_" + mixed(40),
    "Postman": f"PMAK-{hexes(24)}-{hexes(34)}",
    "New Relic": "NRAK-" + some("ABCDEFGH0123", 27),
    "Sentry": "sntryu_" + hexes(64),
    "Grafana": f"glsa_{mixed(32)}_{hexes(8)}",
    "Grafana Cloud": "glc_" + mixed(80),
    "Dynatrace": f"dt0c01.{some('ABCDEFGH01', 24)}.{some('ABCDEFGH01', 64)}",
    "Vault": "hvs." + mixed(90),
    "Terraform": f"{mixed(14)}.atlasv1.{mixed(67)}",
    "Doppler": "dp.pt." + mixed(43),
    "Pulumi": "pul-" + hexes(40),
    "1Password": "ops_eyJ" + mixed(200),
    "PlanetScale": "pscale_tkn_" + mixed(43),
    "Supabase": "sbp_" + hexes(40),
    "Vercel": "vcp_" + mixed(56),
    "Netlify": "nfp_" + mixed(36),
    "Fly": "fo1_" + mixed(43),
    "Cloudflare": f"v1.0-{hexes(24)}-{hexes(146)}",
    "Tailscale": f"tskey-auth-{mixed(12)}-{mixed(32)}",
    "OpenShift": "sha256~" + mixed(43),
    "CircleCI": f"CCIPAT_{mixed(22)}_{hexes(40)}",
    "Buildkite": "bkua_" + some(LOW, 40),
    "Sourcegraph": "sgp_" + hexes(40),
    "Contentful": "CFPAT-" + mixed(43),
    "Shippo": "shippo_live_" + hexes(40),
    "Telegram": f"1234567890:AA{mixed(33)}",
    "Discord": f"MTA{mixed(21)}.{mixed(6)}.{mixed(38)}",
    "Alibaba": "LTAI" + mixed(20),
    "Tencent": "AKID" + mixed(32),
    "JSON Web Token": JWT,
    "age": "AGE-SECRET-KEY-1" + some("QPZRY9X8", 58),
    "RSA key": PEM.format("RSA "),
    "key": PEM.format(""),
    "OpenSSH key": PEM.format("OPENSSH "),
    "EC key": PEM.format("EC "),
}

SECRET = "Tr0ub4dor-and-3"

# Where a secret stands behind something: `{}` is the secret.
SENTENCES: Mapping[str, str] = {
    "URL": "postgres://signoff:{}@db.example.com/prod",
    "Redis URL": "redis://:{}@cache:6379/0",
    "Slack webhook": "https://hooks.slack.com/services/T00000000/B00000000/{}" + mixed(12),
    "bearer": "Authorization: Bearer {}",
    "basic": "authorization: Basic {}==",
    "curl": "curl -H 'Authorization: token {}' x",
    "bearer alone": "send it as Bearer {}-and-some-more",
    "X-Api-Key": "X-Api-Key: {}",
    "env": "DB_PASSWORD={}",
    "quoted": "password = '{}'",
    "JSON": '{{"api_key": "{}"}}',
    "Python": "{{'token': '{}'}}",
    "YAML": "client_secret: {}",
    "camel": "accessToken={}",
    "sentence": "My password is {}.",
    "German": "Passwort: {}",
    "Spanish": "contraseña: {}",
    "query": "https://api.example.com/v1?access_token={}&page=2",
    "AWS secret": "aws_secret_access_key = {}",
    "Azure storage": "AccountName=x;AccountKey={};EndpointSuffix=core",
    "escaped": "line\\npassword={}\\nline",
    "Signoff": "apr_k1x2y3_{}" + mixed(28),
}
