/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_record.c - a record after its seal was opened: if it decodes, it must encode to the same. */
#include "fuzz.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_RECORD struct record record = {0}, again = {0};
    SCOPED_SECRET struct secret encoded = {0};
    SCOPED_SECRET struct secret twice = {0};
    if (secret_set(&encoded, data, size, RECORD_ENCODED_MAX) < 0 ||
        record_decode(&encoded, &record) < 0)
        return 0;
    PROMISE(record_encode(&record, &encoded) == 0 && record_decode(&encoded, &again) == 0);
    PROMISE(record_encode(&again, &twice) == 0 && secret_equal(&encoded, &twice));
    return 0;
}
