/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http.c - one HTTPS request at a time, on libcurl's multi interface: a transfer can outlive the
 * caller's deadline, up to a later limit of the helper's own.
 */
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "sandbox.h"

enum { HTTP_HEADERS_MAX = 65536, HTTP_DATE_MAX = 64 };

#define HTTP_TRUST_DIRECTORY "/etc/ssl/certs"
#define HTTP_USER_AGENT "oauth-login/" OAUTH_LOGIN_VERSION

struct transfer {
    struct http_response *response;
    size_t header_bytes;
    bool headers_done; /* the empty line that ends the headers has come */
    bool too_large;
    bool sent; /* libcurl has written the request, or begun to write its body */
};

#define SCOPED_LIST __attribute__((cleanup(free_list)))
#define SCOPED_EASY __attribute__((cleanup(free_easy)))
#define SCOPED_MULTI __attribute__((cleanup(free_multi)))

static void free_list(struct curl_slist **list) {
    curl_slist_free_all(*list);
}

static void free_easy(CURL **easy) {
    curl_easy_cleanup(*easy);
}

static void free_multi(CURLM **multi) {
    curl_multi_cleanup(*multi);
}

void http_response_clear(struct http_response *response) {
    secret_clear(&response->body);
    *response = (struct http_response){0};
}

static size_t take_body(char *data, size_t one, size_t size, void *context) {
    struct transfer *transfer = context;
    if (secret_append(&transfer->response->body, data, one * size, HTTP_BODY_MAX) == 0)
        return one * size;
    transfer->too_large = true;
    return 0;
}

static size_t take_header(char *data, size_t one, size_t size, void *context) {
    struct transfer *transfer = context;
    size_t length = one * size;

    transfer->header_bytes += length;
    if (transfer->header_bytes > HTTP_HEADERS_MAX) {
        transfer->too_large = true;
        return 0;
    }

    /* To libcurl, a response that is cut off inside its headers is a success. An interim 1xx
     * response ends with an empty line too; a status line then begins the next response. */
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0)
        transfer->headers_done = false;
    else if (length <= 2 && data[length - 1] == '\n' && (length == 1 || data[0] == '\r'))
        transfer->headers_done = true;
    return length;
}

/* libcurl's debug trace passes everything it sends. Note only that the request has left for the
 * provider; the CONNECT request to a proxy does not count. */
static int watch_sending(CURL *easy, curl_infotype type, char *data, size_t size, void *context) {
    struct transfer *transfer = context;
    bool to_proxy = size >= 8 && memcmp(data, "CONNECT ", 8) == 0;

    (void)easy;
    if ((type == CURLINFO_HEADER_OUT && !to_proxy) || type == CURLINFO_DATA_OUT)
        transfer->sent = true;
    return 0;
}

static void set_trust(CURL *easy, const char *ca_file) {
    bool own = ca_file[0] != '\0';

    /* OpenSSL reads only the certificates it needs from the hashed directory. Parsing the whole
     * bundle would cost 40 ms. */
    curl_easy_setopt(easy, CURLOPT_CAINFO, own ? ca_file : NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, own ? NULL : HTTP_TRUST_DIRECTORY);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void set_manners(CURL *easy, const char *proxy) {
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy); /* "": no proxy, not even the environment's */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver thread */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, HTTP_USER_AGENT); /* GitHub requires one */
}

static void set_listeners(CURL *easy, struct transfer *transfer) {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch_sending);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

static struct curl_slist *build_headers(const struct http_request *request) {
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");

    /* Suppress "Expect: 100-continue": one round trip, one response. */
    if (list && request->form)
        list = curl_slist_append(list, "Expect:") ? list : NULL;
    return list;
}

static void set_request(CURL *easy, const struct http_request *request) {
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (request->form) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->form->length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, secret_text(request->form));
    }
    if (request->username) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, request->username);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, secret_text(request->password));
    }
    if (request->bearer) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, secret_text(request->bearer));
    }
}

/* Runs the transfer until it ends or `patience` runs out. */
static CURLcode run(CURLM *multi, const struct transfer *transfer, struct http_patience *patience) {
    int running = 1;

    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
        int64_t now = clock_boot_ms();
        if (now >= patience->deadline_ms && patience->on_deadline) {
            patience->on_deadline(patience->context);
            patience->on_deadline = NULL;
        }

        bool committed = transfer->sent || patience->committed;
        int64_t end = committed ? patience->linger_ms : patience->deadline_ms;
        if (now >= end)
            return CURLE_OPERATION_TIMEDOUT;

        int64_t next = patience->on_deadline ? patience->deadline_ms : end;
        if (curl_multi_poll(multi, NULL, 0, (int)(next - now), NULL) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
    }

    int left = 0;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OUT_OF_MEMORY;
}

/* Reads the Date header (RFC 9110 section 6.6.1) as wall seconds; 0 when it is missing or cannot be
 * parsed. */
static int64_t read_date(CURL *easy) {
    struct curl_header *header = NULL;

    if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        strlen(header->value) > HTTP_DATE_MAX)
        return 0;
    time_t date = curl_getdate(header->value, NULL);
    return date > 0 ? date : 0;
}

/* Finds the reason why OpenSSL rejected the server's certificate. libcurl compares the host name
 * itself, before it asks OpenSSL, and leaves the result it began with: "unspecified". */
static enum http_cause judge_certificate(CURL *easy) {
    static const struct {
        long result;
        enum http_cause cause;
    } causes[] = {
        {X509_V_ERR_UNSPECIFIED, HTTP_OTHER_HOST},
        {X509_V_ERR_HOSTNAME_MISMATCH, HTTP_OTHER_HOST},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, HTTP_OTHER_HOST},
        {X509_V_ERR_CERT_HAS_EXPIRED, HTTP_EXPIRED},
        {X509_V_ERR_CERT_NOT_YET_VALID, HTTP_NOT_YET_VALID},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, HTTP_SELF_SIGNED},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, HTTP_SELF_SIGNED},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, HTTP_UNKNOWN_ISSUER},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, HTTP_UNKNOWN_ISSUER},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, HTTP_UNKNOWN_ISSUER},
    };
    long result = X509_V_OK;

    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (causes[i].result == result)
            return causes[i].cause;
    return HTTP_NO_TLS;
}

static enum http_cause judge_cause(CURL *easy, CURLcode code) {
    switch ((int)code) {
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:
        return HTTP_SETTING_UNUSABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
        return judge_certificate(easy);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return HTTP_NO_TLS;
    case CURLE_COULDNT_RESOLVE_HOST:
        return HTTP_NOT_RESOLVED;
    case CURLE_COULDNT_CONNECT:
        return HTTP_NOT_CONNECTED;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    default:
        return HTTP_CAUSE_OTHER;
    }
}

static const char *describe(CURLcode code, const char *detail) {
    if (code == CURLE_OK)
        return "the response was cut off inside its headers";
    if (code == CURLE_OPERATION_TIMEDOUT)
        return "no response in time";
    return detail[0] != '\0' ? detail : curl_easy_strerror(code);
}

static void judge(CURL *easy, CURLcode code, const char *detail, const struct transfer *transfer,
                  struct http_response *ret) {
    if (code == CURLE_OK && transfer->headers_done) {
        ret->outcome = HTTP_ANSWERED;
        return;
    }
    secret_clear(&ret->body);
    if (transfer->too_large) {
        ret->outcome = HTTP_TOO_LARGE;
        reason_set(&ret->reason, 0, "the response was larger than %d bytes", HTTP_BODY_MAX);
        return;
    }

    ret->cause = judge_cause(easy, code);
    ret->outcome = code == CURLE_OK || transfer->sent ? HTTP_LOST : HTTP_NOT_SENT;
    reason_set(&ret->reason, 0, "%s", describe(code, detail));
}

int http_perform(const struct http_settings *settings, const struct http_request *request,
                 struct http_patience *patience, struct http_response *ret) {
    char detail[CURL_ERROR_SIZE] = "";
    struct transfer transfer = {.response = ret};

    if (!sandbox_is_entered())
        return -EPERM;
    SCOPED_MULTI CURLM *multi = curl_multi_init();
    SCOPED_EASY CURL *easy = curl_easy_init();
    SCOPED_LIST struct curl_slist *headers = build_headers(request);
    if (!multi || !easy || !headers)
        return -ENOMEM;

    set_trust(easy, settings->ca_file);
    set_manners(easy, settings->proxy);
    set_listeners(easy, &transfer);
    set_request(easy, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
    if (curl_multi_add_handle(multi, easy) != CURLM_OK)
        return -ENOMEM;

    CURLcode code = run(multi, &transfer, patience);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret->status);
    ret->date = read_date(easy);
    judge(easy, code, detail, &transfer, ret);
    curl_multi_remove_handle(multi, easy);
    return 0;
}
