"""What credentials look like: the published formats of those who issue them, and what tells one in a sentence or a file.

Formats change seldom and are added here, a line each. Sources: the documentation of each issuer, most of them listed at
https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns.

Our own table because detect-secrets, the library of this kind, knew 25 formats when we looked (1.5.0 of May 2024), and tells
the line that a secret is in but not its place.
"""

from collections.abc import Mapping
from typing import Final

# What a secret of each kind looks like, by literal beginning. A group hides only that part of it.
FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "Signoff API key": (r"apr_[A-Za-z0-9]{1,64}_([\w-]{20,200})",),
    "age key": (r"AGE-SECRET-KEY-1[A-Z0-9]{50,70}",),
    "JSON Web Token": (r"eyJ[\w-]{8,600}+\.eyJ[\w-]{4,8000}+(?:\.[\w-]{0,2000})?",),
    "AWS key": (
        *(rf"{kind}[A-Z2-7]{{16,40}}" for kind in ("AKIA", "ASIA", "ABIA", "ACCA")),
        r"ABSK[A-Za-z0-9+/]{80,300}={0,2}",
        r"bedrock-api-key-[A-Za-z0-9+/=]{40,2000}",
    ),
    "GitHub token": (r"gh[pousr]_[A-Za-z0-9]{30,255}", r"github_pat_\w{22,255}"),
    "GitLab token": (r"gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent|ffct|wt)-[\w.-]{20,300}",),
    "Slack token": (r"xox[abceoprs][.-][A-Za-z0-9.-]{10,300}", r"xapp-[A-Za-z0-9-]{10,300}"),
    "webhook": (
        r"hooks.slack.com/(?:services|workflows|triggers)/([\w/-]{20,200})",
        r"webhook.office.com/([\w@/-]{40,300})",
        r"discord.com/api/webhooks/(\d{10,30}/[\w-]{30,120})",
        r"discordapp.com/api/webhooks/(\d{10,30}/[\w-]{30,120})",
    ),
    "Discord token": tuple(
        rf"{first}[\w-]{{22,27}}\.[\w-]{{6}}\.[\w-]{{27,45}}" for first in ("MT", "ND", "Nz", "OD", "OT")
    ),
    "Stripe key": (
        r"sk_(?:live|test|prod)_\w{10,250}",
        r"rk_(?:live|test|prod)_\w{10,250}",
        r"whsec_[A-Za-z0-9+/=]{20,200}",
    ),
    "Google key": (r"AIza[\w-]{30,60}", r"GOCSPX-[\w-]{20,60}", r"ya29\.[\w-]{20,1000}", r"1//0[\w-]{30,300}"),
    "Anthropic key": (r"sk-ant-[\w-]{20,300}",),
    "OpenAI key": (r"sk-(?=[A-Za-z_-]{0,40}+[0-9])[\w-]{20,300}",),  # OpenRouter, DeepSeek and Langfuse look the same
    "Groq key": (r"gsk_[A-Za-z0-9]{40,80}",),
    "xAI key": (r"xai-[A-Za-z0-9]{60,120}",),
    "Perplexity key": (r"pplx-[A-Za-z0-9]{40,80}",),
    "Replicate token": (r"r8_[A-Za-z0-9]{30,60}",),
    "Hugging Face token": (r"hf_[A-Za-z0-9]{30,60}", r"api_org_[A-Za-z0-9]{30,60}"),
    "NVIDIA key": (r"nvapi-[\w-]{50,120}",),
    "LangSmith key": (r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",),
    "Pinecone key": (r"pcsk_\w{40,120}",),
    "Tavily key": (r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{28,60}",),
    "npm token": (r"npm_[A-Za-z0-9]{36,80}",),
    "PyPI token": (r"pypi-[\w-]{50,400}",),
    "RubyGems key": (r"rubygems_[a-f0-9]{48}",),
    "crates.io token": (r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])",),
    "NuGet key": (r"oy2[a-z0-9]{43}(?![A-Za-z0-9])",),
    "Clojars token": (r"CLOJARS_[a-z0-9]{60}",),
    "Docker token": (r"dckr_[op]at_[\w-]{20,80}",),
    "JFrog token": (r"AKCp[A-Za-z0-9]{60,120}",),
    "SendGrid key": (r"SG\.[\w-]{16,32}\.[\w-]{16,80}",),
    "Twilio key": (r"SK[0-9a-f]{32}(?![A-Za-z0-9])",),
    "Mailgun key": (r"key-[0-9a-f]{32}(?![A-Za-z0-9])",),
    "Brevo key": (r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{10,20}", r"xsmtpsib-[a-f0-9]{64}-[A-Za-z0-9]{10,20}"),
    "Resend key": (r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,40}",),
    "Square token": (r"sq0(?:atp|csp)-[\w-]{22,60}", r"EAAA[\w-]{60}(?![A-Za-z0-9])"),
    "Shopify token": (r"shp(?:at|ca|pa|ss|ua|ta)_[a-fA-F0-9]{32}",),
    "PayPal token": (r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}",),
    "Plaid token": (r"access-(?:sandbox|production|development)-[a-f0-9-]{36}",),
    "Flutterwave key": (r"FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,40}-X",),
    "Facebook token": (r"EAA[A-Za-z0-9]{80,400}",),
    "DigitalOcean token": (r"do[opr]_v1_[a-f0-9]{64}",),
    "Heroku key": (r"HRKU-[\w-]{36,80}",),
    "Databricks token": (r"dapi[a-f0-9]{32}(?:-[0-9])?(?![A-Za-z0-9])",),
    "Atlassian token": (r"ATATT[\w=-]{24,400}", r"ATCTT[\w=-]{24,400}", r"ATBB[\w=-]{24,400}"),
    "Dropbox token": (r"sl\.(?:u\.)?[\w-]{100,1500}",),
    "Linear key": (r"lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,80}",),
    "Notion token": (r"ntn_[A-Za-z0-9]{40,60}", r"secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    "Airtable token": (r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",),
    "HubSpot token": (r"pat-(?:na|eu|ap)[0-9]-[a-f0-9-]{36}",),
    "Figma token": (r"fig[dor]_[\w-]{36,80}",),
    "Postman key": (r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",),
    "New Relic key": (r"NR(?:AK|JS|II|RA|SP)-[\w-]{19,60}",),
    "Sentry token": (r"sntrys_eyJ[\w+/=-]{40,600}", r"sntryu_[a-f0-9]{64}"),
    "Grafana token": (r"glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}", r"glc_[A-Za-z0-9+/=]{32,400}"),
    "Dynatrace token": (r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",),
    "Vault token": (r"hv[sbr]\.[\w-]{24,300}",),
    "Doppler token": (r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{36,100}",),
    "Pulumi token": (r"pul-[a-f0-9]{40}",),
    "1Password token": (r"ops_eyJ[\w=-]{100,2000}", r"A3-[A-Z0-9]{6}-[A-Z0-9]{6}(?:-[A-Z0-9]{5}){4}"),
    "PlanetScale token": (r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}",),
    "Supabase key": (r"sbp_[a-f0-9]{40}", r"sb_secret_[\w-]{20,60}"),
    "Vercel token": (r"vercel_blob_rw_\w{30,100}", r"vc[pkiar]_[A-Za-z0-9]{40,80}"),
    "Netlify token": (r"nf[pucob]_[A-Za-z0-9]{30,60}",),
    "Fly token": (r"fo1_[\w-]{40,50}", r"fm[12][ar]?_[A-Za-z0-9+/=]{80,1500}"),
    "Cloudflare key": (r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}",),
    "Tailscale key": (r"tskey-[a-z]{2,10}-[A-Za-z0-9]{6,30}-[A-Za-z0-9]{16,60}",),
    "OpenShift token": (r"sha256~[\w-]{43}",),
    "CircleCI token": (r"CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}",),
    "Buildkite token": (r"bk[a-z]{2}_[a-z0-9]{40}",),
    "Sourcegraph token": (r"sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}",),
    "Contentful token": (r"CFPAT-[\w-]{43}",),
    "Typeform token": (r"tfp_[\w.=-]{40,80}",),
    "Shippo token": (r"shippo_(?:live|test)_[a-f0-9]{40}",),
    "EasyPost key": (r"EZ[AT]K[A-Za-z0-9]{54}",),
    "Prefect key": (r"pn[ub]_[A-Za-z0-9]{36}",),
    "Mapbox token": (r"sk\.eyJ[\w-]{20,300}\.[\w-]{20,60}",),
    "Alibaba key": (r"LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])",),
    "Tencent key": (r"AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])",),
}

# What ends a word in a sentence, a URL, JSON or a shell command ends a value: nothing is hidden beside the secret.
_VALUE = r"[^\s\"'`,;&|<>$(){}\[\]\\]"
_MIXED = rf"(?={_VALUE}{{0,80}}[0-9!#%*+^~])"  # in a sentence, a word is not a password
_NO_NUMBER = rf"(?![0-9]{{1,5}}(?!{_VALUE}))"  # `max_token=4096`
_TOLD = (
    rf"(?:\s{{0,2}}(?::?=>?)\s{{0,2}}[\"'`]?{_NO_NUMBER}"
    rf"|[\"'`]\s{{0,2}}(?::|=>?|,)\s{{0,2}}[\"'`]{_NO_NUMBER}"
    rf"|\s{{0,2}}:\s{{0,2}}[\"'`]?{_NO_NUMBER}{_MIXED}"
    rf"|\s(?:is|ist|lautet|est|es)\s{{1,2}}[\"'`]?{_NO_NUMBER}{_MIXED}"
    rf")({_VALUE}{{4,300}})"
)
_NAMES = (
    ("pass", r"pass(?:word|wd|phrase|code|wort)"),
    ("pwd", r"pwd"),
    ("kennwort", r"kennwort"),
    ("contrase", r"contrase(?:ñ|n)a"),
    ("secret", r"secret"),
    ("token", r"token"),
    ("credential", r"credentials?"),
    ("key", r"(?:api|access|auth|private|secret|signing|account|encryption)[ _-]?key"),
)

_BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"  # of a word, or after an escaped line break

# What a secret stands behind, by a piece of text in small letters that is there too.
CONTEXTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "private key": (
        (
            "-----begin",
            r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:\s{0,4}(?:Proc-Type|DEK-Info|Version|Comment): [^\n]{0,200}){0,4}[A-Za-z0-9+/=\s\\]{0,20000}"
            r"(?:-----END [A-Z0-9 ]{0,60}-----)?",
        ),
    ),
    "password in a URL": (("://", r"://[^\s/:@]{0,100}:([^\s/@\[][^\s/@]{0,200}+)@"),),
    "authorization": (
        (
            "authorization",
            r"(?i:authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:(?:bearer|basic|token|digest|negotiate|apikey|ssws)\s{1,3})?)"
            r"([^\s\"',;\[][^\s\"',;]{5,2000})",
        ),
        ("bearer ", r"(?i:bearer)\s{1,3}((?=[\w.~+/-]{0,80}[0-9=])[\w.~+/-]{16,2000}={0,2})"),
        ("basic ", r"(?i:basic)\s{1,3}((?=[\w.~+/-]{0,80}[0-9=])[\w.~+/-]{16,2000}={0,2})"),
    ),
    "named secret": tuple((hint, rf"(?i:{name}){_TOLD}") for hint, name in _NAMES),
    "Telegram token": ((":aa", rf"{_BEGIN}[0-9]{{8,10}}:AA[\w-]{{32,40}}"),),
    "Mailchimp key": (("-us", rf"{_BEGIN}[0-9a-f]{{32}}-us[0-9]{{1,2}}(?![A-Za-z0-9])"),),
    "Azure secret": (("q~", r"(?:(?<![\w~.-])|(?<=\\[nrt]))[\w~.-]{3}[0-9]Q~[\w~.-]{31,40}"),),
    "Terraform token": ((".atlasv1.", rf"{_BEGIN}[A-Za-z0-9]{{14}}\.atlasv1\.[\w-]{{50,80}}"),),
}
