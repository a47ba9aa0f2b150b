/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-body.c: bodies give back every value bit for bit, are small, and damage is an error. */
#include "body.h"

#include "fixture.h"

#include <string.h>

static gboolean read_back (const guint8 *bytes, gsize len, MgReadout **out, GArray **indices, GError **error)
{
    gboolean good;

    *out = mgh_readout_new (NULL, MG_READOUT_LIVE);
    *indices = g_array_new (FALSE, FALSE, sizeof (guint32));
    good = store_body_read (bytes, len, *out, *indices, error);
    g_assert_cmpuint (mgh_readout_get_n (*out), ==, (*indices)->len);
    mgh_readout_finish (*out);
    return good;
}

static void assert_same_value (MgValue a, MgValue b)
{
    g_assert_cmpuint (a.type, ==, b.type);
    g_assert_cmpint (a.exponent, ==, b.exponent);
    g_assert_cmpuint (a.flags, ==, b.flags);
    g_assert_cmpuint (a.len, ==, b.len);
    if (a.type == MG_VALUE_TEXT || a.type == MG_VALUE_BYTES)
        g_assert_cmpmem (a.v.data, a.len, b.v.data, b.len);
    else
        g_assert_cmpint (a.v.number, ==, b.v.number);
}

static void assert_same_reading (const MgReading *a, const MgReading *b)
{
    assert_same_value (mg_reading_get_value (a), mg_reading_get_value (b));
    assert_same_value (mg_reading_get_device_time (a), mg_reading_get_device_time (b));
    g_assert_cmpuint (mg_reading_get_quality (a), ==, mg_reading_get_quality (b));
}

/* Writes, reads, compares; returns the body's length. */
static gsize assert_round_trip (const MgReadout *was, const guint32 *indices)
{
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (MgReadout) is = NULL;
    g_autoptr (GArray) back = NULL;
    g_autoptr (GError) error = NULL;
    guint n = store_body_write (body, was, indices, TRUE), at = 0;
    GBytes *frame = mg_readout_get_frame (was), *frame_back;

    g_assert_true (read_back (body->data, body->len, &is, &back, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (back->len, ==, n);
    for (guint i = 0; i < mgh_readout_get_n (was); i++) {
        if (indices[i] == G_MAXUINT32)
            continue;
        g_assert_cmpuint (g_array_index (back, guint32, at), ==, indices[i]);
        assert_same_reading (mgh_readout_get_reading (is, at), mgh_readout_get_reading (was, i));
        at++;
    }
    g_assert_cmpuint (at, ==, n);
    assert_same_value (mgh_readout_get_clock (is), mgh_readout_get_clock (was));
    assert_same_value (mgh_readout_get_backfill (is), mgh_readout_get_backfill (was));
    frame_back = mg_readout_get_frame (is);
    g_assert_true ((frame == NULL) == (frame_back == NULL));
    g_assert_true (frame == NULL || g_bytes_equal (frame, frame_back));
    return body->len;
}

static MgValue random_value (GRand *rand, gboolean time_only)
{
    static const char junk[] = "\xff\x00 text and bytes of any kind, \xc3\xa4";
    guint64 bits = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
    MgValue v = { .type = (guint8) g_rand_int_range (rand, 0, 5) };

    if (time_only)
        v.type = MG_VALUE_TIME;
    if (g_rand_boolean (rand))
        v.exponent = (gint8) g_rand_int_range (rand, -128, 128);
    if (g_rand_boolean (rand))
        v.flags = (guint16) g_rand_int (rand);
    if (v.type == MG_VALUE_DECIMAL || v.type == MG_VALUE_TIME) {
        v.v.number = (gint64) (bits >> g_rand_int_range (rand, 0, 64));
        if (g_rand_boolean (rand))
            v.v.number = (gint64) (0 - (guint64) v.v.number);
    } else if (v.type != MG_VALUE_NONE) {
        v.len = (guint32) g_rand_int_range (rand, 0, (gint32) sizeof junk);
        v.v.data = junk;
    }
    return v;
}

static void every_value_comes_back_bit_for_bit (void)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

    for (guint round = 0; round < 20000; round++) {
        g_autoptr (MgReadout) r = mgh_readout_new (NULL, MG_READOUT_LIVE);
        guint32 indices[40];
        gint n = g_rand_int_range (rand, 0, (gint) G_N_ELEMENTS (indices));
        MgValue none = { 0 }, time = random_value (rand, TRUE);

        for (gint i = 0; i < n; i++) {
            if (g_rand_int_range (rand, 0, 3) == 0)
                time = random_value (rand, TRUE);
            mgh_readout_add_stored (r, random_value (rand, FALSE), g_rand_boolean (rand) ? g_rand_int (rand) : 0,
                                    g_rand_boolean (rand) ? time : none);
            indices[i] = g_rand_boolean (rand) ? (guint32) i : g_rand_int (rand);
        }
        if (g_rand_boolean (rand))
            mg_readout_set_clock (r, time);
        if (g_rand_boolean (rand))
            mg_readout_set_backfill (r, random_value (rand, TRUE));
        if (g_rand_boolean (rand))
            mg_readout_add_frame (r, (const guint8 *) "\x68\x00\x16", 3);
        mgh_readout_finish (r);
        assert_round_trip (r, indices);
    }
}

static void extremes_come_back (void)
{
    static const gint64 numbers[] = { G_MININT64, G_MININT64 + 1, -1, 0, 1, G_MAXINT64 - 1, G_MAXINT64 };
    static const guint32 indices[] = { G_MAXUINT32 - 1, 0, G_MAXUINT32, 1, 70000, 5, 6 };
    g_autoptr (MgReadout) r = mgh_readout_new (NULL, MG_READOUT_LIVE);
    MgValue none = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
        mgh_readout_add_stored (r, mg_value_decimal (numbers[i], i % 2 ? -128 : 127), G_MAXUINT32, none);
    mgh_readout_finish (r);
    assert_round_trip (r, indices);
}

static void partial_readout_keeps_its_reason (void)
{
    g_autoptr (MgReadout) r = mgh_readout_new (NULL, MG_READOUT_LIVE), back = NULL;
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (GArray) indices = NULL;
    GError *why = g_error_new (MG_ERROR, MG_ERROR_TIMEOUT, "page 3: no answer, \xff");

    mg_readout_partial (r, &why);
    mgh_readout_finish (r);
    store_body_write (body, r, NULL, FALSE);
    g_assert_true (read_back (body->data, body->len, &back, &indices, NULL));
    g_assert_error (mgh_readout_get_error (back), MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_true (g_str_has_prefix (mgh_readout_get_error (back)->message, "page 3: no answer"));
}

static void typical_readout_is_small (void)
{
    g_autoptr (MgReadout) r = fixture_readout (12345678, 1763640000000);
    gsize len = assert_round_trip (r, fixture_indices);

    g_test_message ("%zu bytes for %d readings", len, FIXTURE_READINGS);
    g_assert_cmpuint (len, <=, 200);
}

static GByteArray *sample_body (void)
{
    g_autoptr (MgReadout) r = mgh_readout_new (NULL, MG_READOUT_LIVE);
    static const guint32 indices[] = { 0, 1, 9, 3, 4 };
    GByteArray *body = g_byte_array_new ();
    MgValue none = { 0 }, time = mg_value_time (2026, 1, 2, 3, 4, 5, 0);
    GError *why = g_error_new (MG_ERROR, MG_ERROR_TIMEOUT, "no answer");

    mgh_readout_add_stored (r, mg_value_decimal (123456, -3), 0, none);
    mgh_readout_add_stored (r, mg_value_text ("text", -1), 5, time);
    mgh_readout_add_stored (r, mg_value_bytes ((const guint8 *) "\1\2\3", 3), 0, time);
    mgh_readout_add_stored (r, time, 0, none);
    mgh_readout_add_stored (r, none, G_MAXUINT32, none);
    mg_readout_set_clock (r, time);
    mg_readout_set_backfill (r, time);
    mg_readout_add_frame (r, (const guint8 *) "\x68\x03\x03\x68", 4);
    mg_readout_partial (r, &why);
    mgh_readout_finish (r);
    store_body_write (body, r, indices, TRUE);
    return body;
}

static void every_truncation_is_an_error (void)
{
    g_autoptr (GByteArray) body = sample_body ();

    for (guint len = 0; len < body->len; len++) {
        g_autofree guint8 *cut = g_memdup2 (body->data, len); /* so that a sanitizer sees a read beyond */
        g_autoptr (MgReadout) r = NULL;
        g_autoptr (GArray) indices = NULL;
        g_autoptr (GError) error = NULL;

        g_assert_false (read_back (cut, len, &r, &indices, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
        g_assert_nonnull (strstr (error->message, "byte"));
    }
}

static void every_changed_byte_is_an_error_or_a_readout (void)
{
    g_autoptr (GByteArray) body = sample_body ();

    for (guint i = 0; i < body->len; i++)
        for (guint byte = 0; byte < 256; byte++) {
            g_autofree guint8 *changed = g_memdup2 (body->data, body->len);
            g_autoptr (MgReadout) r = NULL;
            g_autoptr (GArray) indices = NULL;
            g_autoptr (GError) error = NULL;

            changed[i] = (guint8) byte;
            if (!read_back (changed, body->len, &r, &indices, &error))
                g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
        }
}

static void damage_is_named (void)
{
    static const struct {
        const char *name;
        guint8 bytes[16];
        gsize len;
        const char *words;
    } cases[] = {
        { "version", { 2, 0, 0 }, 3, "unknown version" },
        { "sections", { 1, 16, 0 }, 3, "integer out of range" },
        { "more readings than bytes", { 1, 0, 5, 0 }, 4, "integer out of range" },
        { "type", { 1, 0, 1, 7 }, 4, "unknown value type" },
        { "long integer", { 1, 0, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2 }, 14, "more than 64 bits" },
        { "text beyond the end", { 1, 0, 1, 2, 9, 'a' }, 6, "length beyond the end" },
        { "negative index", { 1, 0, 1, 9, 1, 0 }, 6, "point index" },
        { "same time as none", { 1, 0, 1, 0x80, 0 }, 5, "form of a time" },
        { "rest", { 1, 0, 0, 0 }, 4, "bytes after the end" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (MgReadout) r = NULL;
        g_autoptr (GArray) indices = NULL;
        g_autoptr (GError) error = NULL;

        g_test_message ("%s", cases[i].name);
        g_assert_false (read_back (cases[i].bytes, cases[i].len, &r, &indices, &error));
        g_assert_nonnull (strstr (error->message, cases[i].words));
    }
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/store/body/" #name, name)
    ADD (every_value_comes_back_bit_for_bit);
    ADD (extremes_come_back);
    ADD (partial_readout_keeps_its_reason);
    ADD (typical_readout_is_small);
    ADD (every_truncation_is_an_error);
    ADD (every_changed_byte_is_an_error_or_a_readout);
    ADD (damage_is_named);
    return g_test_run ();
}
