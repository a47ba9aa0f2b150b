/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readout.c: readouts: one arena each, filled by a driver, frozen by the host, then shared over threads. */
#include <metergate.h>

#include <host/mgh-host.h>
#include <host/mgh-readout.h>
#include <string.h>

#include "readout.h"

enum {
    ARENA_FIRST = 3072,   /* bytes that come with the readout itself: about 12 readings of an M-Bus meter */
    ARENA_MOST = 65536,   /* a block of it does not grow beyond */
    MAX_READINGS = 65528, /* no meter has so many, but a broken one may claim to */
    MAX_KEY = 64,         /* mg-readout.h */
    MAX_FRAME = 1 << 20,  /* bytes of telegrams kept for reports */
    SMALL_TWIN_TABLE = 256
};

#define HASH_START 2166136261u

static void *arena_grow (MgReadout *r, gsize size)
{
    gsize room = MAX (r->next_size, size + sizeof (ReadoutBlock) + 16);
    ReadoutBlock *block = g_malloc (room);

    r->next_size = MIN (r->next_size * 2, ARENA_MOST);
    block->next = r->more;
    r->more = block;
    r->free_at = (guint8 *) block + 16;
    r->free_end = (guint8 *) block + room;
    return r->free_at;
}

/* `size` bytes that live as long as the readout, aligned to 16 */
static void *arena_alloc (MgReadout *r, gsize size)
{
    guint8 *at = (guint8 *) (((guintptr) r->free_at + 15) & ~(guintptr) 15);

    if (G_UNLIKELY (at > r->free_end || size > (gsize) (r->free_end - at)))
        at = arena_grow (r, size);
    r->free_at = at + size;
    return at;
}

/* Bytes and a NUL after them, not aligned. */
static char *arena_copy (MgReadout *r, const void *bytes, gsize len)
{
    guint8 *at = r->free_at;

    if (G_UNLIKELY (len >= (gsize) (r->free_end - at)))
        at = arena_grow (r, len + 1);
    r->free_at = at + len + 1;
    if (len > 0)
        memcpy (at, bytes, len);
    at[len] = '\0';
    return (char *) at;
}

static const char *arena_string (MgReadout *r, const char *text)
{
    return text == NULL ? NULL : arena_copy (r, text, strlen (text));
}

static void readout_add_page (MgReadout *r, MgReading *page)
{
    if (G_UNLIKELY (r->n_pages == r->page_room)) {
        MgReading **wider = arena_alloc (r, 2 * r->page_room * sizeof *wider);

        memcpy (wider, r->pages, r->n_pages * sizeof *wider);
        r->pages = wider;
        r->page_room *= 2;
    }
    r->pages[r->n_pages++] = page;
}

static MgReading *readout_append (MgReadout *r)
{
    MgReading *reading;

    if (G_UNLIKELY (r->n == MAX_READINGS)) {
        if (r->error == NULL)
            r->error =
                g_error_new (MG_ERROR, MG_ERROR_RANGE, "readout: more than %u readings, the rest is left out", r->n);
        return NULL;
    }
    if (r->n == r->n_pages * READOUT_PAGE)
        readout_add_page (r, arena_alloc (r, READOUT_PAGE * sizeof (MgReading)));
    reading = readout_slot (r, r->n);
    reading->readout = r;
    reading->device_time = (MgValue){ 0 };
    r->n++;
    return reading;
}

/* The same text as the reading before had, or a copy. */
static const char *readout_string (MgReadout *r, const char *text, const char *before)
{
    if (text == NULL || (before != NULL && strcmp (text, before) == 0))
        return text == NULL ? NULL : before;
    return arena_copy (r, text, strlen (text));
}

static const MgMeaning *readout_copy_meaning (MgReadout *r, const MgMeaning *from)
{
    static const MgMeaning nothing = { 0 };
    const MgMeaning *before = r->last != NULL ? r->last : &nothing;
    MgMeaning *m = arena_alloc (r, sizeof *m);

    if (G_LIKELY (from->struct_size >= sizeof *m)) {
        *m = *from;
    } else { /* of an older header: what it does not know is zero */
        memset (m, 0, sizeof *m);
        memcpy (m, from, from->struct_size);
    }
    m->struct_size = sizeof *m;
    m->quantity = readout_string (r, m->quantity, before->quantity);
    m->name = readout_string (r, m->name, before->name);
    m->unit_text = readout_string (r, m->unit_text, before->unit_text);
    r->last = m;
    return m;
}

/* Text and bytes are copied, but for bytes that stand in the raw record and come over with it. */
static void readout_copy_value (MgReadout *r, MgReading *to, MgValue value, const guint8 *raw, guint32 raw_len,
                                guint32 raw_head_len)
{
    guintptr offset = (guintptr) value.v.data - (guintptr) raw;

    to->raw = raw == NULL ? NULL : (const guint8 *) arena_copy (r, raw, raw_len);
    to->raw_len = raw == NULL ? 0 : raw_len;
    to->raw_head_len = raw == NULL ? 0 : raw_head_len;
    to->value = value;
    if (value.type == MG_VALUE_BYTES && raw != NULL && offset <= raw_len && value.len <= raw_len - offset)
        to->value.v.data = to->raw + offset;
    else if (value.type == MG_VALUE_TEXT || value.type == MG_VALUE_BYTES)
        to->value.v.data = arena_copy (r, value.v.data, value.len);
}

/* FNV-1a, a byte at a time. */
static inline guint32 hash_step (guint32 hash, guint8 byte)
{
    return (hash ^ byte) * 16777619u;
}

/* Length and hash of the key; FALSE: not 1..64 printable bytes without blanks. */
static gboolean readout_check_key (const char *key, gsize *len, guint32 *hash)
{
    guint32 h = HASH_START;
    gsize n = 0;

    for (; key[n] != '\0'; n++) {
        guint8 c = (guint8) key[n];

        if (G_UNLIKELY (c <= 0x20 || c >= 0x7f || n >= MAX_KEY))
            return FALSE;
        h = hash_step (h, c);
    }
    *len = n;
    *hash = h;
    return n > 0;
}

static MgReadout *readout_new (MgDevice *device, guint32 kind, gsize room)
{
    MgReadout *r = g_malloc (sizeof *r + room);

    memset (r, 0, sizeof *r);
    r->refs = 1;
    r->kind = kind;
    r->device = device != NULL ? mgh_device_ref (device) : NULL;
    r->pages = r->few_pages;
    r->page_room = READOUT_FEW_PAGES;
    r->free_at = r->first;
    r->free_end = r->first + room;
    r->next_size = MAX (room, ARENA_FIRST);
    return r;
}

MgReadout *mgh_readout_new (MgDevice *device, guint32 kind)
{
    return readout_new (device, kind, ARENA_FIRST);
}

MgReadout *mg_readout_new (MgDevice *device)
{
    return mgh_readout_new (device, MG_READOUT_LIVE);
}

guint mg_readout_add (MgReadout *out, const char *key, const MgMeaning *meaning, MgValue value, guint32 quality)
{
    MgReading *reading;
    gsize len;
    guint32 hash;

    g_return_val_if_fail (out != NULL && !out->finished && key != NULL && meaning != NULL, G_MAXUINT);
    if (G_UNLIKELY (!readout_check_key (key, &len, &hash))) {
        g_critical ("readout: key \"%s\": expected 1 to %d printable ASCII bytes without blanks", key, MAX_KEY);
        return G_MAXUINT;
    }
    reading = readout_append (out);
    if (reading == NULL)
        return G_MAXUINT;
    reading->key = arena_copy (out, key, len);
    reading->hash = hash;
    reading->meaning = readout_copy_meaning (out, meaning);
    readout_copy_value (out, reading, value, reading->meaning->raw, reading->meaning->raw_len,
                        reading->meaning->raw_head_len);
    ((MgMeaning *) reading->meaning)->raw = reading->raw;
    reading->quality = quality;
    if (G_UNLIKELY ((value.flags & MG_VALUE_UNFIT) != 0 && value.type == MG_VALUE_BYTES))
        reading->quality |= MG_QUALITY_UNFIT;
    return out->n - 1;
}

void mgh_readout_add_stored (MgReadout *r, MgValue value, guint32 quality, MgValue device_time)
{
    MgReading *reading;

    g_return_if_fail (r != NULL && !r->finished);
    reading = readout_append (r);
    if (reading == NULL)
        return;
    reading->key = NULL;
    reading->meaning = NULL;
    reading->hash = 0;
    readout_copy_value (r, reading, value, NULL, 0, 0);
    reading->device_time = device_time;
    reading->quality = quality;
}

void mg_readout_stamp (MgReadout *out, guint reading, MgValue device_time)
{
    g_return_if_fail (out != NULL && !out->finished);
    if (reading == G_MAXUINT) /* the reading was not taken, see mg_readout_add () */
        return;
    g_return_if_fail (reading < out->n);
    readout_slot (out, reading)->device_time = device_time;
}

void mg_readout_set_clock (MgReadout *out, MgValue device_time)
{
    g_return_if_fail (out != NULL && !out->finished);
    out->clock = device_time;
}

void mg_readout_set_status (MgReadout *out, guint32 status)
{
    g_return_if_fail (out != NULL && !out->finished);
    out->status = status;
}

void mg_readout_set_identity (MgReadout *out, const MgIdentity *identity)
{
    MgIdentity *copy;

    g_return_if_fail (out != NULL && !out->finished && identity != NULL);
    copy = arena_alloc (out, sizeof *copy);
    memset (copy, 0, sizeof *copy);
    memcpy (copy, identity, MIN (identity->struct_size, sizeof *copy));
    copy->struct_size = sizeof *copy;
    copy->serial = arena_string (out, copy->serial);
    copy->manufacturer = arena_string (out, copy->manufacturer);
    copy->model = arena_string (out, copy->model);
    copy->firmware = arena_string (out, copy->firmware);
    out->identity = copy;
}

void mg_readout_add_frame (MgReadout *out, const guint8 *bytes, gsize len)
{
    gsize before = 0;
    const guint8 *old = NULL;
    guint8 *all;

    g_return_if_fail (out != NULL && !out->finished && (bytes != NULL || len == 0));
    if (out->frame != NULL)
        old = g_bytes_get_data (out->frame, &before);
    if (len == 0 || len > MAX_FRAME - before)
        return;
    all = g_malloc (before + len);
    if (before > 0)
        memcpy (all, old, before);
    memcpy (all + before, bytes, len);
    g_clear_pointer (&out->frame, g_bytes_unref);
    out->frame = g_bytes_new_take (all, before + len);
}

void mg_readout_set_backfill (MgReadout *out, MgValue device_time)
{
    g_return_if_fail (out != NULL && !out->finished);
    out->kind = MG_READOUT_BACKFILL;
    out->backfill = device_time;
}

gboolean mg_readout_partial (MgReadout *out, GError **error)
{
    g_return_val_if_fail (out != NULL && !out->finished, TRUE);
    g_return_val_if_fail (error != NULL && *error != NULL, TRUE);
    if (out->error == NULL)
        out->error = g_steal_pointer (error);
    else
        g_clear_error (error);
    return TRUE;
}

void mgh_readout_set_times (MgReadout *r, gint64 due_ms, gint64 at_ms)
{
    g_return_if_fail (r != NULL && !r->finished);
    r->due_ms = due_ms;
    r->at_ms = at_ms;
}

void mgh_readout_set_seq (MgReadout *r, gint64 seq)
{
    g_return_if_fail (r != NULL && r->seq == 0);
    r->seq = seq;
}

MgReadout *readout_without_meaning (const MgReadout *r)
{
    MgReadout *copy;
    MgReading *all;
    gsize room = 64 + r->n * sizeof (MgReading) + r->n / 2 * sizeof (MgReading *);

    for (guint i = 0; i < r->n; i++)
        room += readout_slot (r, i)->raw_len + readout_slot (r, i)->value.len + 2;
    copy = readout_new (r->device, r->kind, room);
    all = arena_alloc (copy, r->n * sizeof *all);
    for (guint i = 0; i < r->n; i += READOUT_PAGE)
        readout_add_page (copy, all + i);
    for (guint i = 0; i < r->n; i++) {
        const MgReading *from = readout_slot (r, i);
        MgReading *to = readout_append (copy);

        readout_copy_value (copy, to, from->value, from->raw, from->raw_len, from->raw_head_len);
        to->device_time = from->device_time;
        to->quality = from->quality;
        to->key = NULL;
        to->meaning = NULL;
        to->hash = 0;
    }
    copy->status = r->status;
    copy->seq = r->seq;
    copy->at_ms = r->at_ms;
    copy->due_ms = r->due_ms;
    copy->clock = r->clock;
    copy->backfill = r->backfill;
    copy->error = r->error != NULL ? g_error_copy (r->error) : NULL;
    copy->frame = r->frame != NULL ? g_bytes_ref (r->frame) : NULL;
    copy->finished = TRUE;
    return copy;
}

/* A hash table over the keys of one readout; used only while it is finished. */
typedef struct {
    guint16 reading; /* its number + 1; 0: free */
    guint16 count;   /* readings that came with this key */
} TwinSlot;

/* The slot of `key`: taken by an equal key, or free. */
static TwinSlot *twin_find (const MgReadout *r, TwinSlot *table, guint mask, const char *key, guint32 hash)
{
    guint at = hash & mask;

    for (; table[at].reading != 0; at = (at + 1) & mask) {
        const MgReading *other = readout_slot (r, table[at].reading - 1u);

        if (other->hash == hash && strcmp (other->key, key) == 0)
            break;
    }
    return &table[at];
}

/* Gives a reading whose key was there before the next free name, KEY#2, KEY#3 ..., and returns that name's slot. */
static TwinSlot *twin_rename (MgReadout *r, TwinSlot *table, guint mask, TwinSlot *first, MgReading *reading)
{
    const char *key = reading->key;
    TwinSlot *slot;

    do {
        char name[MAX_KEY + 16];
        gint len = g_snprintf (name, sizeof name, "%s#%u", key, ++first->count);

        reading->hash = HASH_START;
        for (gint i = 0; i < len; i++)
            reading->hash = hash_step (reading->hash, (guint8) name[i]);
        slot = twin_find (r, table, mask, name, reading->hash);
        if (slot->reading == 0)
            reading->key = arena_copy (r, name, (gsize) len);
    } while (slot->reading != 0);
    return slot;
}

void mgh_readout_finish (MgReadout *r)
{
    TwinSlot small[SMALL_TWIN_TABLE];
    TwinSlot *table = small;
    guint size = SMALL_TWIN_TABLE;

    g_return_if_fail (r != NULL && !r->finished);
    while (size < 2 * r->n)
        size *= 2;
    if (size > SMALL_TWIN_TABLE)
        table = g_new (TwinSlot, size);
    else
        while (size > 16 && size >= 4 * r->n)
            size /= 2;
    memset (table, 0, size * sizeof *table);
    for (guint i = 0; i < r->n; i++) {
        MgReading *reading = readout_slot (r, i);
        TwinSlot *slot;

        if (reading->key == NULL)
            continue;
        slot = twin_find (r, table, size - 1, reading->key, reading->hash);
        if (slot->reading != 0)
            slot = twin_rename (r, table, size - 1, slot, reading);
        slot->reading = (guint16) (i + 1);
        slot->count = 1;
    }
    if (table != small)
        g_free (table);
    r->finished = TRUE;
}

static void readout_free (MgReadout *r)
{
    for (ReadoutBlock *block = r->more, *next; block != NULL; block = next) {
        next = block->next;
        g_free (block);
    }
    g_clear_error (&r->error);
    g_clear_pointer (&r->frame, g_bytes_unref);
    if (r->device != NULL)
        mgh_device_unref (r->device);
    g_free (r);
}

void readout_ref_many (const MgReadout *r, guint n)
{
    g_atomic_int_add (&((MgReadout *) r)->refs, (gint) n); /* immutable but for its count */
}

void readout_unref_many (const MgReadout *r, guint n)
{
    MgReadout *own = (MgReadout *) r;

    if (g_atomic_int_add (&own->refs, -(gint) n) == (gint) n)
        readout_free (own);
}

MgReadout *mg_readout_ref (const MgReadout *r)
{
    g_return_val_if_fail (r != NULL, NULL);
    readout_ref_many (r, 1);
    return (MgReadout *) r;
}

void mg_readout_unref (MgReadout *r)
{
    if (r != NULL)
        readout_unref_many (r, 1);
}
