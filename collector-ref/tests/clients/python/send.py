"""One event of each kind through the unmodified Segment SDK for Python."""

import sys

import segment.analytics as analytics


def failed(error, _items):
    raise SystemExit(f"the SDK could not deliver: {error}")


analytics.write_key = "PYTHON"
analytics.host = sys.argv[1]
analytics.on_error = failed
analytics.max_retries = 1
analytics.gzip = True
analytics.track("u1", "Signed Up", {"plan": "pro", "price": 1.1})
analytics.page("u1", "Docs", "Python")
analytics.screen("u1", "Settings", "Brightness")
analytics.identify("u1", {"email": "ada@example.com"})
analytics.group("u1", "g1", {"name": "Acme"})
analytics.alias("a1", "u1")
analytics.flush()
analytics.shutdown()
