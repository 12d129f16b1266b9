"The fixtures of the site's tests."
from _site import base, browser, tabs  # noqa: F401
