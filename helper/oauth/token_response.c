/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_response.c - judges the token endpoint's response.
 */
#include "token_response.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "protocol.h"

enum { OAUTH_SECRET_LENGTH = 20 }; /* bytes: a word this long may be a token */

void oauth_response_clear(struct oauth_response *response) {
    secret_clear(&response->access);
    secret_clear(&response->refresh);
    secret_clear(&response->id_token);
    *response = (struct oauth_response){.outcome = OUTCOME_FAILED};
}

/* The outcome of each known error. The error's name becomes the reason. */
static const struct error {
    const char *name;
    enum outcome outcome;
} errors[] = {
    {"invalid_grant", OUTCOME_GRANT_DEAD},
    {"bad_refresh_token", OUTCOME_GRANT_DEAD}, /* GitHub, with HTTP 200 */
    {"invalid_request", OUTCOME_GRANT_DEAD},   /* LemonLDAP, Dex, Kanidm, for a dead token */
    {"interaction_required", OUTCOME_GRANT_DEAD},
    {"login_required", OUTCOME_GRANT_DEAD},
    {"consent_required", OUTCOME_GRANT_DEAD},
    {"access_denied", OUTCOME_DENIED},
    {"invalid_scope", OUTCOME_DENIED},
    {"invalid_client", OUTCOME_CLIENT_REFUSED},
    {"unauthorized_client", OUTCOME_CLIENT_REFUSED},
    {"unsupported_grant_type", OUTCOME_CLIENT_REFUSED},
    {"unsupported_response_type", OUTCOME_CLIENT_REFUSED},
    {"temporarily_unavailable", OUTCOME_UNAVAILABLE},
    {"server_error", OUTCOME_UNAVAILABLE},
    {"slow_down", OUTCOME_SLOW_DOWN},           /* RFC 8628 section 3.5 */
    {"authorization_pending", OUTCOME_PENDING}, /* RFC 8628 section 3.5 */
    {"expired_token", OUTCOME_GRANT_DEAD},
    {"bad_verification_code", OUTCOME_GRANT_DEAD}, /* Entra, for an expired device code */
    {"incorrect_device_code", OUTCOME_GRANT_DEAD}, /* GitHub, for the same */
    {"authorization_declined", OUTCOME_DENIED},    /* Entra's access_denied for device codes */
    {"incorrect_client_credentials", OUTCOME_CLIENT_REFUSED}, /* GitHub, with HTTP 200 */
    {"device_flow_disabled", OUTCOME_CLIENT_REFUSED},         /* GitHub */
    {"application_suspended", OUTCOME_CLIENT_REFUSED},        /* GitHub */
    {"deleted_client", OUTCOME_CLIENT_REFUSED},               /* Google */
    {"disabled_client", OUTCOME_CLIENT_REFUSED},              /* Google */
};

static const struct error *find_error(const char *name) {
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(name, errors[i].name) == 0)
            return &errors[i];
    return NULL;
}

/* Entra's numbers in `error_codes`, which are more precise than its `error`. */
static const struct {
    int64_t code;
    enum outcome outcome;
    const char *meaning;
} entra_codes[] = {
    {50057, OUTCOME_DENIED, "the account is disabled"},
    {50034, OUTCOME_DENIED, "the account is not in the directory"},
    {50105, OUTCOME_DENIED, "the account is not assigned to the application"},
    {53003, OUTCOME_DENIED, "conditional access blocks the account"},
    {50055, OUTCOME_GRANT_DEAD, "the password has expired"},
    {50173, OUTCOME_GRANT_DEAD, "the password was changed"},
    {70008, OUTCOME_GRANT_DEAD, "the grant has expired"},
    {70043, OUTCOME_GRANT_DEAD, "the sign-in is older than conditional access allows"},
    {700082, OUTCOME_GRANT_DEAD, "the grant was not used for too long"},
    {7000218, OUTCOME_CLIENT_REFUSED,
     "Entra requires a secret: allow public client flows, or set client_auth and "
     "client_secret_file"},
    {7000222, OUTCOME_CLIENT_REFUSED, "the client's secret has expired"},
};

/* Some providers send `invalid_grant` both for a dead grant and for a closed account; only the
 * description differs. Both refuse the login, so a description that is missing from this list does
 * not let anyone in. */
static const char *const closed_accounts[] = {
    "user is blocked",          /* Auth0, with HTTP 403 */
    "user disabled",            /* Keycloak */
    "account disabled",         /* Keycloak, for devices */
    "account has been deleted", /* Google */
};

static bool is_closed_account(const char *error, const char *description) {
    size_t length = description ? strlen(description) : 0;

    if (!error || strcmp(error, "invalid_grant") != 0)
        return false;
    while (length > 0 && strchr(". ", description[length - 1]))
        length--;
    for (size_t i = 0; i < sizeof closed_accounts / sizeof closed_accounts[0]; i++)
        if (strlen(closed_accounts[i]) == length &&
            strncasecmp(description, closed_accounts[i], length) == 0)
            return true;
    return false;
}

static bool judge_entra_codes(struct json_object *object, struct oauth_response *ret) {
    struct json_object *codes = NULL;

    if (!json_object_object_get_ex(object, "error_codes", &codes) ||
        !json_object_is_type(codes, json_type_array))
        return false;

    for (size_t i = 0; i < json_object_array_length(codes); i++) {
        int64_t code = json_object_get_int64(json_object_array_get_idx(codes, i));
        for (size_t k = 0; k < sizeof entra_codes / sizeof entra_codes[0]; k++) {
            if (code != entra_codes[k].code)
                continue;
            ret->outcome = entra_codes[k].outcome;
            reason_set(&ret->reason, 0, "%s", entra_codes[k].meaning);
            return true;
        }
    }
    return false;
}

static bool is_temporary(long status) {
    return status == 429 || status >= 500;
}

/* Returns the outcome when only the status of the response is meaningful. */
static enum outcome outcome_of_status(long status) {
    if (status == 429)
        return OUTCOME_THROTTLED;
    return status >= 500 ? OUTCOME_UNAVAILABLE : OUTCOME_MALFORMED;
}

static bool take_token(struct json_object *object, const char *name, struct secret *ret) {
    SCOPED_SECRET struct secret token = {0};
    const char *text = json_text(object, name);

    if (!text || secret_set(&token, text, strlen(text), PROTOCOL_TOKEN_MAX) < 0 ||
        !secret_is_token(&token))
        return false;
    secret_move(ret, &token);
    return true;
}

/* Replaces every word as long as a token by "[...]": the provider's descriptions go to the log, and
 * they may repeat the token that was sent. */
static void redact(const char *text, char *ret, size_t size) {
    size_t used = 0;

    while (*text != '\0' && used + 8 < size) {
        size_t word = strcspn(text, " \t\r\n'\"<>(),;");
        size_t kept = word < OAUTH_SECRET_LENGTH ? word : 0;

        if (word > kept)
            used += (size_t)snprintf(ret + used, size - used, "[...]");
        kept = kept < size - used - 1 ? kept : size - used - 1;
        memcpy(ret + used, text, kept);
        used += kept;
        text += word;
        if (*text != '\0' && used + 1 < size)
            ret[used++] = *text++;
    }
    ret[used] = '\0';
}

/* Sets the reason to the provider's own words. `known`, `error` and `description` may be NULL. */
static void quote(const struct error *known, const char *error, const char *description,
                  struct reason *reason) {
    char error_text[64] = "an error that is not a string", description_text[200] = "";

    if (known)
        snprintf(error_text, sizeof error_text, "%s", known->name);
    else if (error)
        redact(error, error_text, sizeof error_text);
    if (description)
        redact(description, description_text, sizeof description_text);
    reason_set(reason, 0, "%s%s%s", error_text, description ? ": " : "", description_text);
}

enum outcome oauth_judge_authorization_error(const char *error, const char *description,
                                             struct reason *reason) {
    const struct error *known = find_error(error);

    quote(known, error, description[0] != '\0' ? description : NULL, reason);
    /* At the token endpoint this may mean a dead token. An authorization request has no token, so
     * here the provider objects to the request. */
    if (strcmp(error, "invalid_request") == 0)
        return OUTCOME_CLIENT_REFUSED;
    return known ? known->outcome : OUTCOME_DENIED;
}

static void judge_error(long status, struct json_object *object, struct oauth_response *ret) {
    const char *error = json_text(object, "error");
    const char *description = json_text(object, "error_description");
    const struct error *known = error ? find_error(error) : NULL;

    /* If a provider sends a refresh token along with an error, the old token has been replaced all
     * the same. */
    take_token(object, "refresh_token", &ret->refresh);
    if (judge_entra_codes(object, ret))
        return;

    /* An unknown error denies the login, unless the status says that the provider itself failed. */
    ret->outcome = is_temporary(status) ? outcome_of_status(status) : OUTCOME_DENIED;
    if (known)
        ret->outcome = known->outcome;
    if (is_closed_account(error, description))
        ret->outcome = OUTCOME_DENIED;

    /* Entra's claims challenge: conditional access asks for more than the grant can prove. */
    bool challenge = json_object_object_get_ex(object, "claims", NULL);
    if (challenge && error && strcmp(error, "interaction_required") != 0)
        ret->outcome = OUTCOME_DENIED;
    quote(known, error, description, &ret->reason);
}

static int64_t read_life(struct json_object *object) {
    struct json_object *value = NULL;
    double seconds = 0;

    if (!json_object_object_get_ex(object, "expires_in", &value))
        return OAUTH_LIFE_UNKNOWN;
    if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
        seconds = json_object_get_double(value);
    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_text(object, "expires_in");
        char *end = NULL;
        seconds = text ? strtod(text, &end) : 0;
        if (!text || text[strspn(text, "0123456789.")] != '\0' || *end != '\0')
            return OAUTH_LIFE_UNKNOWN;
    }
    if (!isfinite(seconds) || seconds < 1)
        return OAUTH_LIFE_UNKNOWN;
    return seconds > (double)OAUTH_LIFE_MAX ? OAUTH_LIFE_MAX : (int64_t)seconds;
}

/* Judges a response without `error`. Takes the rotated refresh token first: the old one is dead
 * even if the rest of the response is wrong. */
static void judge_tokens(struct json_object *object, struct oauth_response *ret) {
    const char *type = json_text(object, "token_type");
    const char *scope = json_text(object, "scope");
    struct json_object *value = NULL;

    ret->outcome = OUTCOME_MALFORMED;
    bool rotated = take_token(object, "refresh_token", &ret->refresh);
    if (!rotated && json_object_object_get_ex(object, "refresh_token", &value) && value) {
        reason_set(&ret->reason, 0, "the token response's refresh_token is malformed");
    } else if (!type || strcasecmp(type, "bearer") != 0) {
        reason_set(&ret->reason, 0, "the token response's token_type is not Bearer");
    } else if (!take_token(object, "access_token", &ret->access)) {
        reason_set(
            &ret->reason, 0,
            "the token response's access_token is missing, malformed or longer than %d bytes",
            PROTOCOL_TOKEN_MAX);
    } else {
        ret->outcome = OUTCOME_ANSWERED;
        take_token(object, "id_token", &ret->id_token);
        ret->expires_in = read_life(object);
        snprintf(ret->scope, sizeof ret->scope, "%s", scope ? scope : "");
    }
}

/* RFC 6749 section 5.1 says 200; gateways in front of a provider send 201, 202 and 203 too. */
static bool is_success(long status) {
    return status >= 200 && status < 300;
}

/* Whether the object has an `error`; null and "" do not count. */
static bool is_error(struct json_object *object) {
    struct json_object *error = NULL;

    return json_object_object_get_ex(object, "error", &error) && error &&
           !(json_object_is_type(error, json_type_string) &&
             json_object_get_string_len(error) == 0);
}

static const char *describe_body(struct json_object *object, const struct secret *body) {
    if (object)
        return "not a token response";
    return body->length > 0
               ? "not one JSON object; is there a captive portal or a filter in between?"
               : "empty";
}

void oauth_judge(long status, const struct secret *body, struct oauth_response *ret) {
    SCOPED_JSON struct json_object *object = json_parse_strict(body);

    if (object && is_error(object)) {
        judge_error(status, object, ret);
    } else if (status == 400 && body->length == 0) {
        ret->outcome = OUTCOME_GRANT_DEAD; /* Glewlwyd, for every dead token */
        reason_set(&ret->reason, 0,
                   "HTTP 400 with an empty body: the grant is dead, or, if every account gets "
                   "this, client_id or the secret is wrong");
    } else if (object && is_success(status)) {
        judge_tokens(object, ret);
    } else {
        if (object)
            take_token(object, "refresh_token", &ret->refresh); /* the old one has been replaced */
        ret->outcome = outcome_of_status(status);
        reason_set(&ret->reason, 0, "HTTP %ld, and the body is %s", status,
                   describe_body(object, body));
    }
}
