# SPDX-License-Identifier: BSD-2-Clause
"""A real provider: Glewlwyd where the release has it (Debian 12 and 13), else oidc-provider."""

import shutil
from contextlib import contextmanager
from pathlib import Path

from certificates import Authority
from glewlwyd import Glewlwyd
from oidc_provider import OidcProvider

HAS_GLEWLWYD = shutil.which("glewlwyd") is not None


@contextmanager
def real_provider(directory, rotate=True):
    """Runs one in the directory, with the same methods whichever it is."""
    directory = Path(directory)
    if HAS_GLEWLWYD:
        with Glewlwyd(directory, rotate=rotate) as running:
            yield running
        return
    directory.mkdir(mode=0o755, exist_ok=True)
    authority = Authority(directory)
    with OidcProvider(authority.issue(), authority.file, rotate=rotate) as running:
        yield running
