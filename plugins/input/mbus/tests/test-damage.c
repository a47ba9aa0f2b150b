/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-damage.c: whatever is cut off or written over, what can be read is what was sent. */
#include <string.h>

#include "telegrams.h"

typedef struct {
    guint8 *bytes; /* of exact size, so that a sanitizer sees a byte read too far */
    EnRecord records[MBUS_RECORDS_MAX];
    MbusTelegram telegram;
    EnReader reader;
    guint n;
} Parsed;

static void parsed_clear (Parsed *parsed)
{
    g_free (parsed->bytes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parsed, parsed_clear)

/* FALSE: a clean error of frame or header */
static gboolean parse (Parsed *parsed, const guint8 *bytes, gsize len)
{
    char message[256];
    MbusFrame frame;
    MbusFault fault;

    parsed->bytes = g_memdup2 (bytes, len);
    fault = mbus_frame_parse (parsed->bytes, len, &frame);
    if (fault != MBUS_OK) {
        mbus_frame_describe (&frame, fault, message, sizeof message);
        g_assert_nonnull (mbus_fault_code (fault));
        return FALSE;
    }
    fault = mbus_telegram_parse (&frame, &parsed->telegram);
    if (fault != MBUS_OK) {
        mbus_telegram_describe (&parsed->telegram, NULL, fault, message, sizeof message);
        return FALSE;
    }
    parsed->n =
        mbus_telegram_read (&parsed->telegram, &parsed->reader, parsed->records, G_N_ELEMENTS (parsed->records));
    fault = mbus_telegram_check (&parsed->telegram, &parsed->reader);
    if (fault != MBUS_OK)
        mbus_telegram_describe (&parsed->telegram, &parsed->reader, fault, message, sizeof message);
    return TRUE;
}

static void assert_same_value (const EnRecord *a, const EnRecord *b)
{
    char key_a[EN_KEY_MAX], key_b[EN_KEY_MAX];

    en_key (a, key_a);
    en_key (b, key_b);
    g_assert_cmpstr (key_a, ==, key_b);
    g_assert_cmpmem (a->raw, a->raw_len, b->raw, b->raw_len);
    g_assert_cmpuint (a->value.type, ==, b->value.type);
    g_assert_cmpuint (a->quality, ==, b->quality);
    if (a->value.type == MG_VALUE_BYTES)
        g_assert_cmpmem (a->value.v.data, a->value.len, b->value.v.data, b->value.len);
    else
        g_assert_cmpint (a->value.v.number, ==, b->value.v.number);
}

/* Records that end in front of byte `changed` are the same in both. */
static void assert_same_before (const Parsed *whole, const Parsed *damaged, gsize changed)
{
    for (guint i = 0; i < whole->n; i++) {
        gsize end = (gsize) (whole->records[i].raw - whole->bytes) + whole->records[i].raw_len;

        if (end > changed)
            return;
        g_assert_cmpuint (damaged->n, >, i);
        assert_same_value (&whole->records[i], &damaged->records[i]);
    }
}

static gsize frame_again (guint8 out[MBUS_FRAME_MAX], const guint8 *bytes, gsize data_len)
{
    return mbus_frame_write_long (out, bytes[4], bytes[5], bytes[6], bytes + 7, data_len);
}

/* once as the line cuts it, once as a meter with a short buffer would send it */
static void try_truncations (const char *name, const guint8 *bytes, gsize len)
{
    g_auto (Parsed) whole = { 0 };

    if (!parse (&whole, bytes, len) || whole.telegram.kind != MBUS_RECORDS || whole.telegram.encrypted_len > 0)
        return;
    for (gsize n = 0; n < len; n++) {
        g_auto (Parsed) cut = { 0 };

        g_assert_false (parse (&cut, bytes, n));
    }
    for (gsize n = 0; n < len - 9; n++) {
        guint8 out[MBUS_FRAME_MAX];
        g_auto (Parsed) cut = { 0 };

        if (parse (&cut, out, frame_again (out, bytes, n)))
            assert_same_before (&whole, &cut, 7 + n);
    }
}

/* each byte that says a length: both L, LVAR, length of a plain text unit */
static void try_length_bytes (const char *name, const guint8 *bytes, gsize len)
{
    g_auto (Parsed) whole = { 0 };

    if (!parse (&whole, bytes, len))
        return;
    for (guint value = 0; value < 256; value++)
        for (gsize at = 1; at <= 2; at++) {
            guint8 out[MBUS_FRAME_MAX];
            g_auto (Parsed) damaged = { 0 };

            memcpy (out, bytes, len);
            out[at] = (guint8) value;
            g_assert_cmpint (parse (&damaged, out, len), ==, value == bytes[at]);
        }
    for (guint i = 0; i < whole.n; i++) {
        const EnRecord *record = &whole.records[i];
        gboolean has_lvar = (record->raw[0] & 0x0F) == 0x0D;
        gsize ats[2] = { has_lvar ? (gsize) (record->data - whole.bytes) - 1 : 0,
                         record->unit_text != NULL ? (gsize) (record->unit_text - whole.bytes) - 1 : 0 };

        for (guint k = 0; k < 2; k++)
            for (guint value = 0; ats[k] > 0 && value < 256; value++) {
                guint8 out[MBUS_FRAME_MAX], framed[MBUS_FRAME_MAX];
                g_auto (Parsed) damaged = { 0 };

                memcpy (out, bytes, len);
                out[ats[k]] = (guint8) value;
                if (parse (&damaged, framed, frame_again (framed, out, len - 9)))
                    assert_same_before (&whole, &damaged, (gsize) (record->raw - whole.bytes));
            }
    }
}

/* any byte, any value: nothing but a clean end */
static void try_all_bytes (const char *name, const guint8 *bytes, gsize len)
{
    for (gsize at = 6; at < len - 2; at++)
        for (guint value = 0; value < 256; value++) {
            guint8 out[MBUS_FRAME_MAX], framed[MBUS_FRAME_MAX];
            g_auto (Parsed) damaged = { 0 };

            memcpy (out, bytes, len);
            out[at] = (guint8) value;
            parse (&damaged, framed, frame_again (framed, out, len - 9));
            for (guint i = 0; i < damaged.n; i++) {
                char key[EN_KEY_MAX];
                MgMeaning meaning;
                EnWords words;

                g_assert_cmpuint (en_key (&damaged.records[i], key), >, 9);
                en_meaning (&damaged.records[i], &meaning, &words);
                g_assert_nonnull (meaning.quantity);
            }
        }
}

static void truncations_of_own_telegrams (void)
{
    telegrams_own (try_truncations);
}

static void length_bytes_of_own_telegrams (void)
{
    telegrams_own (try_length_bytes);
}

static void all_bytes_of_own_telegrams (void)
{
    telegrams_own (try_all_bytes);
}

static void truncations_of_the_corpus (void)
{
    if (!telegrams_corpus (try_truncations))
        g_test_skip ("no telegram corpus: METERGATE_CORPUS is not set and there is no ../shared/corpus");
}

static void length_bytes_of_the_corpus (void)
{
    if (!telegrams_corpus (try_length_bytes))
        g_test_skip ("no telegram corpus: METERGATE_CORPUS is not set and there is no ../shared/corpus");
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mbus/damage/truncations_of_own_telegrams", truncations_of_own_telegrams);
    g_test_add_func ("/mbus/damage/length_bytes_of_own_telegrams", length_bytes_of_own_telegrams);
    g_test_add_func ("/mbus/damage/all_bytes_of_own_telegrams", all_bytes_of_own_telegrams);
    g_test_add_func ("/mbus/damage/truncations_of_the_corpus", truncations_of_the_corpus);
    g_test_add_func ("/mbus/damage/length_bytes_of_the_corpus", length_bytes_of_the_corpus);
    return g_test_run ();
}
