/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bare.c - the smallest refresh with libcurl, as a lower bound for a login's helper:
 *
 *     bare TOKEN_ENDPOINT CA_FILE
 *
 * Reads the request's form from standard input, trusts CA_FILE, checks nothing and stores nothing.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

static size_t drop(char *data, size_t one, size_t size, void *context) {
    (void)data;
    (void)context;
    return one * size;
}

int main(int argc, char **argv) {
    char form[8192];
    ssize_t size = read(STDIN_FILENO, form, sizeof form - 1);
    if (argc != 3 || size <= 0)
        return 2;
    form[size] = '\0';
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    int failed = curl_easy_perform(easy) != CURLE_OK;
    curl_easy_cleanup(easy);
    return failed;
}
