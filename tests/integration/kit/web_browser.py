# SPDX-License-Identifier: BSD-2-Clause
"""A real browser without a window, used as a person uses it at a provider's own pages."""

import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as when
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 30  # seconds for a page


class WebBrowser:
    """Debian's Chromium, with a profile of its own; a context manager."""

    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        options = Options()
        for option in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu",
                       "ignore-certificate-errors",  # no browser knows the test's authority
                       f"user-data-dir={self._profile}"):
            options.add_argument(f"--{option}")
        self._driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self._wait = WebDriverWait(self._driver, PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    # For the pages of any provider

    def open(self, address):
        self._driver.get(address)

    def fill(self, **fields):
        """Types into the fields of these names."""
        for name, text in fields.items():
            self._await(By.NAME, name).send_keys(text)

    def press(self, button):
        """Presses the button with this text."""
        self._await(By.XPATH, f"//button[normalize-space()='{button}']").click()

    def landed(self):
        """Waits until the provider has redirected to the loopback; returns the text of the page."""
        self._wait.until(when.url_contains("http://127.0.0.1:"))
        return self._await(By.TAG_NAME, "body").text

    # For the pages of Glewlwyd

    def sign_in(self, address, name, password):
        """Opens the address, which leads to the login page, and logs in there."""
        self.open(address)
        self._await(By.ID, "username").send_keys(name)
        self._await(By.ID, "password").send_keys(password)
        self._await(By.ID, "loginbut").click()

    def consent(self):
        """Grants what the client asks for; returns the text of the page at the loopback."""
        self.press("Grant access")
        self.press("Continue")
        return self.landed()

    def _await(self, by, name):
        return self._wait.until(when.element_to_be_clickable((by, name)))
