/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slot.c - a slot: one of the two files that an entry's record is written to in turn.
 *
 * A slot is:  "oauthlgn", u32 version, u64 generation, u32 uid, string account, string provider,
 *             u32 size, the sealed record of that size; then anything.
 *
 * or, when it is vacant: "oauthlgv".
 *
 * The header up to and including the size, followed by the machine's id, is the associated data of
 * the seal: a slot that was moved to another account, uid, provider or machine, or whose generation
 * was changed, does not open. An interrupted write does not open either, and then the other slot
 * holds the record. Writing a record never shrinks the file. Before a renewal is sent, both files
 * are larger than the current record by at least half of SLOT_SPARE: a full disk is found before it
 * can lose a token.
 */
#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scoped.h"
#include "seal.h"

enum {
    SLOT_VERSION = 1,
    SLOT_HEADER_MAX = 8 + 4 + 8 + 4 + 2 * (4 + PROTOCOL_NAME_MAX) + 4,
    SLOT_MAX = SLOT_HEADER_MAX + RECORD_ENCODED_MAX + 64,
    SLOT_BLOCK = 4096,
    SLOT_SPARE = 16384,
};

static const char machine_id_path[] = "/etc/machine-id";
static const char slot_magic[8] = {'o', 'a', 'u', 't', 'h', 'l', 'g', 'n'};
static const char slot_vacant[8] = {'o', 'a', 'u', 't', 'h', 'l', 'g', 'v'};

struct slot_image {
    uint8_t bytes[SLOT_MAX];
    size_t size;
};

static void image_free(struct slot_image **image) {
    free(*image);
}

#define SCOPED_IMAGE __attribute__((cleanup(image_free)))

static int image_read(int fd, struct slot_image *image, size_t limit) {
    image->size = 0;
    while (image->size < limit) {
        ssize_t got =
            pread(fd, image->bytes + image->size, limit - image->size, (off_t)image->size);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            break;
        image->size += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/* Writes by a memory map into blocks that exist already. The caller's limit on file sizes cannot be
 * raised here, but it does not apply to memory maps. */
static int image_write_mapped(int fd, const struct slot_image *image) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if ((size_t)status.st_size < image->size)
        return -EFBIG;

    void *file = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (file == MAP_FAILED)
        return -errno;
    memcpy(file, image->bytes, image->size);
    int r = msync(file, image->size, MS_SYNC) < 0 ? -errno : 0;
    munmap(file, image->size);
    return r;
}

static int image_write(int fd, const struct slot_image *image) {
    for (size_t done = 0; done < image->size;) {
        ssize_t put = pwrite(fd, image->bytes + done, image->size - done, (off_t)done);
        if (put < 0 && errno == EFBIG)
            return image_write_mapped(fd, image);
        if (put < 0 && errno != EINTR)
            return -errno;
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* Reads the header up to the sealed record's size, where it leaves `reader`. */
static int parse_claim(struct protocol_reader *reader, struct slot_claim *ret) {
    static const uint8_t never_written[sizeof slot_magic];
    const uint8_t *magic = protocol_take(reader, sizeof slot_magic);
    if (!magic)
        return reader->at == reader->end ? -ENODATA : -EBADMSG;
    if (memcmp(magic, never_written, sizeof never_written) == 0)
        return -ENODATA;
    if (memcmp(magic, slot_vacant, sizeof slot_vacant) == 0)
        return -ENOENT;
    if (memcmp(magic, slot_magic, sizeof slot_magic) != 0)
        return -EBADMSG;

    uint32_t version = protocol_get_u32(reader);
    ret->generation = protocol_get_u64(reader);
    if (version > SLOT_VERSION) /* only the generation is known, which shows whether this slot is
                                   the newest */
        return -EPROTONOSUPPORT;

    ret->uid = protocol_get_u32(reader);
    protocol_get_text(reader, ret->account, sizeof ret->account);
    protocol_get_text(reader, ret->provider, sizeof ret->provider);
    return reader->bad || version != SLOT_VERSION || ret->generation == 0 ? -EBADMSG : 0;
}

int slot_read_machine(char ret_id[SLOT_MACHINE_ID_SIZE], struct reason *reason) {
    SCOPED_FD int fd = open(machine_id_path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, ret_id, SLOT_MACHINE_ID_SIZE - 1) : 0;
    if (got != SLOT_MACHINE_ID_SIZE - 1)
        return reason_set(reason, -ENODATA,
                          "%s holds no machine id, which stored grants are "
                          "bound to; run: systemd-machine-id-setup",
                          machine_id_path);
    ret_id[got] = '\0';
    return 0;
}

int slot_read_claim(int fd, struct slot_claim *ret) {
    uint8_t header[SLOT_HEADER_MAX];
    ssize_t size = pread(fd, header, sizeof header, 0);
    if (size < 0)
        return -errno;
    struct protocol_reader reader = {.at = header, .end = header + size};
    return parse_claim(&reader, ret);
}

static bool claim_is_of(const struct slot_claim *claim, const struct store_owner *owner) {
    return claim->uid == owner->uid && strcmp(claim->account, owner->account) == 0 &&
           strcmp(claim->provider, owner->provider) == 0;
}

/* Composes the associated data: the header of `size` bytes, followed by the machine's id. */
static size_t associated_data(const uint8_t *header, size_t size,
                              const struct slot_binding *binding,
                              uint8_t ret[SLOT_HEADER_MAX + SLOT_MACHINE_ID_SIZE]) {
    memcpy(ret, header, size);
    memcpy(ret + size, binding->machine, SLOT_MACHINE_ID_SIZE);
    return size + SLOT_MACHINE_ID_SIZE;
}

int slot_load(int fd, const struct slot_binding *binding, struct record *ret) {
    SCOPED_IMAGE struct slot_image *image = malloc(sizeof *image);
    SCOPED_SECRET struct secret plain = {0};
    struct slot_claim claim = {0};
    uint8_t associated[SLOT_HEADER_MAX + SLOT_MACHINE_ID_SIZE];

    int r = image ? image_read(fd, image, sizeof image->bytes) : -ENOMEM;
    if (r < 0)
        return r;

    struct protocol_reader reader = {.at = image->bytes, .end = image->bytes + image->size};
    r = parse_claim(&reader, &claim);
    if (r < 0)
        return r;
    if (!claim_is_of(&claim, &binding->owner))
        return -EKEYREJECTED;

    size_t header = (size_t)(reader.at - image->bytes) + 4;
    size_t size = 0;
    const uint8_t *sealed = protocol_get_bytes(&reader, SLOT_MAX, &size);
    if (!sealed)
        return -EBADMSG;

    size_t bound = associated_data(image->bytes, header, binding, associated);
    r = seal_open(&binding->key, associated, bound, sealed, size, RECORD_ENCODED_MAX, &plain);
    if (r < 0)
        return r == -E2BIG ? -EBADMSG : r;

    r = record_decode(&plain, ret);
    if (r < 0)
        return r;
    ret->generation = claim.generation;
    return 0;
}

/* Makes the file at least `size` bytes large, rounded up to whole blocks. Writes zeros, so that the
 * blocks exist on the disk. */
static int grow_file(int fd, size_t size) {
    static const uint8_t zeros[SLOT_BLOCK];
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if ((size_t)status.st_size >= size)
        return 0;

    off_t target = (off_t)((size / SLOT_BLOCK + 1) * SLOT_BLOCK);
    for (off_t at = status.st_size; at < target;) {
        size_t want = (size_t)(target - at) < sizeof zeros ? (size_t)(target - at) : sizeof zeros;
        ssize_t put = pwrite(fd, zeros, want, at);
        if (put < 0 && errno != EINTR)
            return -errno;
        at += put > 0 ? put : 0;
    }
    return 0;
}

int slot_reserve(int fd, const struct record *record) {
    struct stat status;
    size_t needed = SLOT_HEADER_MAX + SEAL_OVERHEAD + record_size(record);
    if (fstat(fd, &status) < 0)
        return -errno;
    /* Grow in steps, rather than at every renewal whose token is a little longer than the last
     * one. */
    if ((size_t)status.st_size >= needed + SLOT_SPARE / 2)
        return 0;
    return grow_file(fd, needed + SLOT_SPARE);
}

int slot_vacate(int fd) {
    /* Write the mark before cutting the file off: a file that is only cut off is not vacant. */
    ssize_t put = pwrite(fd, slot_vacant, sizeof slot_vacant, 0);
    if (put != sizeof slot_vacant)
        return put < 0 ? -errno : -EIO;
    return ftruncate(fd, sizeof slot_vacant) < 0 || fdatasync(fd) < 0 ? -errno : 0;
}

int slot_store(int fd, const struct slot_binding *binding, const struct record *record) {
    SCOPED_IMAGE struct slot_image *image = malloc(sizeof *image);
    SCOPED_SECRET struct secret plain = {0};
    uint8_t associated[SLOT_HEADER_MAX + SLOT_MACHINE_ID_SIZE];

    int r = image ? record_encode(record, &plain) : -ENOMEM;
    if (r < 0)
        return r;

    size_t sealed_size = plain.length + SEAL_OVERHEAD;
    struct protocol_writer writer = {.at = image->bytes, .end = image->bytes + SLOT_HEADER_MAX};
    protocol_put(&writer, slot_magic, sizeof slot_magic);
    protocol_put_u32(&writer, SLOT_VERSION);
    protocol_put_u64(&writer, record->generation);
    protocol_put_u32(&writer, binding->owner.uid);
    protocol_put_string(&writer, binding->owner.account);
    protocol_put_string(&writer, binding->owner.provider);
    protocol_put_u32(&writer, (uint32_t)sealed_size);
    if (writer.overflow)
        return -ENAMETOOLONG;

    size_t header = (size_t)(writer.at - image->bytes);
    size_t bound = associated_data(image->bytes, header, binding, associated);
    r = seal_close(&binding->key, associated, bound, &plain, image->bytes + header);
    if (r < 0)
        return r;

    image->size = header + sealed_size;
    r = grow_file(fd, image->size);
    if (r < 0)
        return r;
    r = image_write(fd, image);
    if (r < 0)
        return r;
    return fdatasync(fd) < 0 ? -errno : 0;
}
