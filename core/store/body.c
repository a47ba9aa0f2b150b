/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* body.c: writes and reads readout bodies, version 1; pure: no I/O, no clock, no state. */
#include "body.h"

#include <string.h>

enum { SECTION_CLOCK = 1, SECTION_BACKFILL = 2, SECTION_PARTIAL = 4, SECTION_FRAME = 8 };
enum { TAG_TYPE = 0x07, TAG_INDEX = 0x08, TAG_EXPONENT = 0x10, TAG_FLAGS = 0x20, TAG_QUALITY = 0x40, TAG_TIME = 0x80 };
enum { TIME_SAME = 0, TIME_GIVEN = 1 };

#define MESSAGE_MAX 400 /* bytes of a partial readout's message that are worth keeping */

static guint64 body_zigzag (gint64 n)
{
    return ((guint64) n << 1) ^ (guint64) (n >> 63);
}

static gint64 body_unzigzag (guint64 n)
{
    return (gint64) (n >> 1) ^ -(gint64) (n & 1);
}

/* ---- writing */

static guint8 *body_varint (guint8 *p, guint64 n)
{
    while (n >= 0x80) {
        *p++ = (guint8) (n | 0x80);
        n >>= 7;
    }
    *p++ = (guint8) n;
    return p;
}

static gboolean body_has_data (const MgValue *value)
{
    return value->type == MG_VALUE_TEXT || value->type == MG_VALUE_BYTES;
}

static guint8 body_value_tag (const MgValue *value)
{
    guint8 tag = value->type <= MG_VALUE_TIME ? value->type : MG_VALUE_NONE;

    if (value->exponent != 0)
        tag |= TAG_EXPONENT;
    if (value->flags != 0)
        tag |= TAG_FLAGS;
    return tag;
}

/* What follows a tag, up to the bytes of TEXT and BYTES, which the caller appends: at most 14 bytes. */
static guint8 *body_put_value (guint8 *p, const MgValue *value)
{
    if (value->exponent != 0)
        *p++ = (guint8) value->exponent;
    if (value->flags != 0)
        p = body_varint (p, value->flags);
    if (value->type == MG_VALUE_DECIMAL || value->type == MG_VALUE_TIME)
        p = body_varint (p, body_zigzag (value->v.number));
    else if (body_has_data (value))
        p = body_varint (p, value->len);
    return p;
}

static void body_append_data (GByteArray *out, const MgValue *value)
{
    if (body_has_data (value) && value->len > 0)
        g_byte_array_append (out, value->v.data, value->len);
}

/* Device times are clock faces or numbers; anything else would borrow bytes that nobody keeps, and counts as not given.
 */
static gboolean body_is_time (const MgValue *time)
{
    return time->type == MG_VALUE_TIME || time->type == MG_VALUE_DECIMAL;
}

static gboolean body_same_time (const MgValue *a, const MgValue *b)
{
    return a->type == b->type && a->exponent == b->exponent && a->flags == b->flags && a->v.number == b->v.number;
}

static void body_append_time (GByteArray *out, const MgValue *time)
{
    guint8 head[16], *p = head;

    *p++ = body_value_tag (time);
    p = body_put_value (p, time);
    g_byte_array_append (out, head, (guint) (p - head));
}

static void body_append_bytes (GByteArray *out, const void *data, gsize len)
{
    guint8 head[10], *p = body_varint (head, len);

    g_byte_array_append (out, head, (guint) (p - head));
    if (len > 0)
        g_byte_array_append (out, data, (guint) len);
}

typedef struct {
    guint32 next_index;
    MgValue last_time;
} BodyRun;

static void body_append_reading (GByteArray *out, const MgReading *reading, guint32 index, BodyRun *run)
{
    MgValue value = mg_reading_get_value (reading), time = mg_reading_get_device_time (reading);
    guint32 quality = mg_reading_get_quality (reading);
    guint8 head[40], *p = head + 1, tag = body_value_tag (&value);

    if (index != run->next_index) {
        tag |= TAG_INDEX;
        p = body_varint (p, body_zigzag ((gint64) index - (gint64) run->next_index));
    }
    p = body_put_value (p, &value);
    if (quality != 0)
        tag |= TAG_QUALITY;
    if (body_is_time (&time))
        tag |= TAG_TIME;
    head[0] = tag;
    g_byte_array_append (out, head, (guint) (p - head));
    body_append_data (out, &value);
    if (quality != 0) {
        p = body_varint (head, quality);
        g_byte_array_append (out, head, (guint) (p - head));
    }
    if (tag & TAG_TIME) {
        head[0] = body_same_time (&time, &run->last_time) ? TIME_SAME : TIME_GIVEN;
        g_byte_array_append (out, head, 1);
        if (head[0] == TIME_GIVEN)
            body_append_time (out, &time);
        run->last_time = time;
    }
    run->next_index = index + 1;
}

static void body_append_partial (GByteArray *out, const GError *why)
{
    guint32 code = why->domain == MG_ERROR ? (guint32) why->code : MG_ERROR_IO;
    g_autofree char *text = g_utf8_make_valid (why->message, -1);
    guint8 head[10], *p = body_varint (head, code & G_MAXINT32);
    gsize len = strlen (text);

    if (len > MESSAGE_MAX)
        len = (gsize) (g_utf8_find_prev_char (text, text + MESSAGE_MAX) - text);
    g_byte_array_append (out, head, (guint) (p - head));
    body_append_bytes (out, text, len);
}

guint store_body_write (GByteArray *out, const MgReadout *readout, const guint32 *indices, gboolean frames)
{
    MgValue clock = mgh_readout_get_clock (readout), backfill = mgh_readout_get_backfill (readout);
    const GError *why = mgh_readout_get_error (readout);
    GBytes *borrowed = frames ? mg_readout_get_frame (readout) : NULL;
    guint n = mgh_readout_get_n (readout), kept = 0, sections = 0;
    guint8 head[16], *p = head;
    BodyRun run = { 0 };

    for (guint i = 0; i < n; i++)
        kept += indices[i] != G_MAXUINT32;
    sections |= body_is_time (&clock) ? SECTION_CLOCK : 0;
    sections |= body_is_time (&backfill) ? SECTION_BACKFILL : 0;
    sections |= why != NULL ? SECTION_PARTIAL : 0;
    sections |= borrowed != NULL ? SECTION_FRAME : 0;
    *p++ = STORE_BODY_VERSION;
    p = body_varint (p, sections);
    p = body_varint (p, kept);
    g_byte_array_append (out, head, (guint) (p - head));
    for (guint i = 0; i < n; i++)
        if (indices[i] != G_MAXUINT32)
            body_append_reading (out, mgh_readout_get_reading (readout, i), indices[i], &run);
    if (sections & SECTION_CLOCK)
        body_append_time (out, &clock);
    if (sections & SECTION_BACKFILL)
        body_append_time (out, &backfill);
    if (sections & SECTION_PARTIAL)
        body_append_partial (out, why);
    if (borrowed != NULL) {
        gsize len;
        const void *data = g_bytes_get_data (borrowed, &len);

        body_append_bytes (out, data, len);
    }
    return kept;
}

/* ---- reading */

typedef struct {
    const guint8 *start, *at, *end;
    const char *damage; /* NULL: none yet */
} BodyCursor;

static gboolean body_damaged (BodyCursor *c, const char *what)
{
    if (c->damage == NULL)
        c->damage = what;
    return FALSE;
}

static gboolean body_get_byte (BodyCursor *c, guint8 *out)
{
    if (c->at >= c->end)
        return body_damaged (c, "ends early");
    *out = *c->at++;
    return TRUE;
}

static gboolean body_get_varint (BodyCursor *c, guint64 limit, guint64 *out)
{
    guint64 n = 0;
    guint8 byte = 0x80;

    for (guint shift = 0; (byte & 0x80) != 0; shift += 7) {
        if (!body_get_byte (c, &byte))
            return FALSE;
        if (shift > 63 || (shift == 63 && byte > 1))
            return body_damaged (c, "integer of more than 64 bits");
        n |= (guint64) (byte & 0x7F) << shift;
    }
    if (n > limit)
        return body_damaged (c, "integer out of range");
    *out = n;
    return TRUE;
}

static gboolean body_get_bytes (BodyCursor *c, const guint8 **data, guint32 *len)
{
    guint64 n;

    if (!body_get_varint (c, G_MAXUINT32, &n))
        return FALSE;
    if (n > (guint64) (c->end - c->at))
        return body_damaged (c, "length beyond the end");
    *data = c->at;
    *len = (guint32) n;
    c->at += n;
    return TRUE;
}

static gboolean body_get_value (BodyCursor *c, guint8 tag, MgValue *out)
{
    guint64 n = 0;
    guint8 byte = 0;

    memset (out, 0, sizeof *out);
    out->type = tag & TAG_TYPE;
    if (out->type > MG_VALUE_TIME)
        return body_damaged (c, "unknown value type");
    if ((tag & TAG_EXPONENT) && !body_get_byte (c, &byte))
        return FALSE;
    out->exponent = (gint8) byte;
    if ((tag & TAG_FLAGS) && !body_get_varint (c, G_MAXUINT16, &n))
        return FALSE;
    out->flags = (guint16) n;
    if (out->type == MG_VALUE_DECIMAL || out->type == MG_VALUE_TIME) {
        if (!body_get_varint (c, G_MAXUINT64, &n))
            return FALSE;
        out->v.number = body_unzigzag (n);
    } else if (body_has_data (out)) {
        const guint8 *data;

        if (!body_get_bytes (c, &data, &out->len))
            return FALSE;
        out->v.data = data;
    }
    return TRUE;
}

static gboolean body_get_time (BodyCursor *c, MgValue *out)
{
    guint8 tag;

    if (!body_get_byte (c, &tag))
        return FALSE;
    if ((tag & ~(TAG_TYPE | TAG_EXPONENT | TAG_FLAGS)) != 0)
        return body_damaged (c, "unknown tag of a time");
    if (!body_get_value (c, tag, out))
        return FALSE;
    return body_is_time (out) || body_damaged (c, "time that is no time");
}

static gboolean body_get_index (BodyCursor *c, guint32 *index)
{
    guint64 n;
    gint64 wide;

    if (!body_get_varint (c, G_MAXUINT64, &n))
        return FALSE;
    if (__builtin_add_overflow ((gint64) *index, body_unzigzag (n), &wide) || wide < 0 || wide >= G_MAXUINT32)
        return body_damaged (c, "point index out of range");
    *index = (guint32) wide;
    return TRUE;
}

static gboolean body_get_reading (BodyCursor *c, MgReadout *out, GArray *indices, BodyRun *run)
{
    MgValue value, time = { 0 };
    guint64 quality = 0;
    guint32 index = run->next_index;
    guint8 tag, form;

    if (!body_get_byte (c, &tag))
        return FALSE;
    if ((tag & TAG_INDEX) && !body_get_index (c, &index))
        return FALSE;
    if (index == G_MAXUINT32)
        return body_damaged (c, "point index out of range");
    if (!body_get_value (c, tag, &value))
        return FALSE;
    if ((tag & TAG_QUALITY) && !body_get_varint (c, G_MAXUINT32, &quality))
        return FALSE;
    if (tag & TAG_TIME) {
        if (!body_get_byte (c, &form))
            return FALSE;
        if (form == TIME_GIVEN) {
            if (!body_get_time (c, &run->last_time))
                return FALSE;
        } else if (form != TIME_SAME || !body_is_time (&run->last_time)) {
            return body_damaged (c, "unknown form of a time");
        }
        time = run->last_time;
    }
    mgh_readout_add_stored (out, value, (guint32) quality, time);
    if (mgh_readout_get_n (out) != indices->len + 1)
        return body_damaged (c, "too many readings");
    g_array_append_val (indices, index);
    run->next_index = index + 1;
    return TRUE;
}

static gboolean body_get_partial (BodyCursor *c, MgReadout *out)
{
    const guint8 *text;
    guint32 len;
    guint64 code;
    GError *why;

    if (!body_get_varint (c, G_MAXINT32, &code) || !body_get_bytes (c, &text, &len))
        return FALSE;
    if (!g_utf8_validate_len ((const char *) text, len, NULL))
        return body_damaged (c, "message that is no UTF-8");
    why = g_error_new (MG_ERROR, (gint) code, "%.*s", (int) len, (const char *) text);
    mg_readout_partial (out, &why);
    return TRUE;
}

static gboolean body_get_sections (BodyCursor *c, MgReadout *out, guint64 sections)
{
    MgValue time;
    const guint8 *data;
    guint32 len;

    if (sections & SECTION_CLOCK) {
        if (!body_get_time (c, &time))
            return FALSE;
        mg_readout_set_clock (out, time);
    }
    if (sections & SECTION_BACKFILL) {
        if (!body_get_time (c, &time))
            return FALSE;
        mg_readout_set_backfill (out, time);
    }
    if ((sections & SECTION_PARTIAL) && !body_get_partial (c, out))
        return FALSE;
    if (sections & SECTION_FRAME) {
        if (!body_get_bytes (c, &data, &len))
            return FALSE;
        mg_readout_add_frame (out, data, len);
    }
    return c->at == c->end || body_damaged (c, "bytes after the end");
}

static gboolean body_get_all (BodyCursor *c, MgReadout *out, GArray *indices)
{
    guint8 version;
    guint64 sections, n;
    BodyRun run = { 0 };

    if (!body_get_byte (c, &version))
        return FALSE;
    if (version != STORE_BODY_VERSION)
        return body_damaged (c, "unknown version");
    if (!body_get_varint (c, SECTION_CLOCK | SECTION_BACKFILL | SECTION_PARTIAL | SECTION_FRAME, &sections) ||
        !body_get_varint (c, (guint64) (c->end - c->at), &n))
        return FALSE;
    for (guint64 i = 0; i < n; i++)
        if (!body_get_reading (c, out, indices, &run))
            return FALSE;
    return body_get_sections (c, out, sections);
}

gboolean store_body_read (const guint8 *body, gsize len, MgReadout *out, GArray *indices, GError **error)
{
    BodyCursor c = { body, body, body + len, NULL };

    if (body_get_all (&c, out, indices))
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_PROTOCOL, "readout body: byte %zu of %zu: %s", (gsize) (c.at - c.start), len,
                 c.damage);
    return FALSE;
}
