# SPDX-License-Identifier: BSD-2-Clause
"""A real HTTPS server with a git repository: Apache with HTTP Basic, and git-http-backend."""

import base64
import hashlib
import subprocess
from pathlib import Path

from glewlwyd import free_port
from helper_process import wait_until
from process import run

MODULES = "/usr/lib/apache2/modules"
LOADED = ("mpm_prefork", "authz_core", "authn_core", "authn_file", "auth_basic", "authz_user",
          "alias", "cgi", "env", "ssl", "socache_shmcb")
CONFIG = """
ServerRoot {directory}
ServerName localhost
PidFile {directory}/pid
Listen 127.0.0.1:{port}
ErrorLog {directory}/error.log
User www-data
Group www-data
SSLEngine on
SSLCertificateFile {certificate}
SSLCertificateKeyFile {key}
ScriptAlias / /usr/lib/git-core/git-http-backend/
SetEnv GIT_PROJECT_ROOT {directory}
SetEnv GIT_HTTP_EXPORT_ALL
<Location />
    AuthType Basic
    AuthName git
    AuthUserFile {directory}/users
    Require valid-user
</Location>
"""


class GitServer:
    """Serves `demo.git` to the user and password given to admit(); a context manager."""

    def __init__(self, directory, certificate):
        self.directory = Path(directory)
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.url = f"https://{self.host}/demo.git"
        self.users = self.directory / "users"
        self.users.write_text("")
        run("git", "init", "--bare", "-q", str(self.directory / "demo.git"), check=True)
        run("chown", "-R", "www-data", str(self.directory / "demo.git"), check=True)
        modules = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in LOADED)
        (self.directory / "apache.conf").write_text(modules + CONFIG.format(
            directory=self.directory, port=self.port, certificate=certificate.file,
            key=certificate.key))
        self.process = None

    def admit(self, user, password):
        """From now on, accepts this user and password and no others."""
        digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
        self.users.write_text(f"{user}:{{SHA}}{digest}\n")

    def __enter__(self):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "/usr/sbin/apache2",
                                         "-f", str(self.directory / "apache.conf"), "-X"])
        wait_until(lambda: (self.directory / "pid").exists(), "Apache serves")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
