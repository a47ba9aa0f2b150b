/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-modbus-server.c: every request gets the one right answer, and the registers are the concentrator's. */
#include "image.h"

#include <host/mgh-host.h>
#include <host/mgh-model.h>
#include <host/mgh-readout.h>

#include <string.h>

static char *hex (const guint8 *bytes, gsize len)
{
    GString *text = g_string_new (NULL);

    for (gsize i = 0; i < len; i++)
        g_string_append_printf (text, i % 2 == 0 && i > 0 ? " %02X" : "%02X", bytes[i]);
    return g_string_free (text, FALSE);
}

/* ---- protocol */

static const guint8 hundred[200] = { 0x12, 0x34, [198] = 0xAB, [199] = 0xCD };
static const ModbusRegisters some = { hundred, 100 };

static ModbusSource make_source (void)
{
    return (ModbusSource){ .registers = &some,
                           .objects = { "Danfoss A/S", "1036", "001", "", "Name", "Standard", "Modbus TCP Gateway" } };
}

/* The answer to a request in hexadecimal, as such; out of a buffer of exactly its size. */
static char *ask_with (const ModbusSource *source, const char *request)
{
    gsize len = 0;
    guint8 *pdu = g_malloc (strlen (request) / 2 + 1), out[MODBUS_PDU_MAX];

    for (const char *at = request; *at != '\0'; at++) {
        if (*at == ' ')
            continue;
        pdu[len++] = (guint8) (g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1]));
        at++;
    }
    guint8 *exact = g_memdup2 (pdu, len);
    gsize n = modbus_answer (source, exact, len, out);
    g_free (exact);
    g_free (pdu);
    return hex (out, n);
}

static void check (const char *request, const char *answer)
{
    ModbusSource source = make_source ();
    g_autofree char *got = ask_with (&source, request);

    g_assert_cmpstr (got, ==, answer);
}

static void registers_are_read_within_their_range (void)
{
    check ("03 0000 0001", "0302 1234");
    check ("04 0000 0001", "0402 1234");
    check ("03 0063 0001", "0302 ABCD");
    check ("03 0062 0002", "0304 0000 ABCD");
    check ("03 0064 0001", "8302");
    check ("03 0063 0002", "8302");
    check ("03 FFFF 0001", "8302");
    check ("03 FFFF 007D", "8302");
    check ("03 0000 0000", "8303");
    check ("03 0000 007E", "8303");
    check ("03 0000 FFFF", "8303");
    check ("03 0000 00", "8303");
    check ("03", "8303");
    check ("03 0000 0001 00", "8303");
}

static void what_is_not_offered_is_refused (void)
{
    static const char *const without_function[] = {
        "01 0000 0001", "05 0000 FF00", "06 0000 0001", "0F 0000 0001 01 01", "10 0000 0001 02 0000", "10", "06"
    };

    for (guint i = 0; i < G_N_ELEMENTS (without_function); i++) {
        ModbusSource source = make_source ();
        g_autofree char *got = ask_with (&source, without_function[i]);
        g_assert_cmpint (got[0], ==, without_function[i][0] + 8);
        g_assert_cmpstr (got + 2, ==, "02");
    }
    check ("02 0000 0001", "8201");
    check ("07", "8701");
    check ("16 0000 0000 0000", "9601");
    check ("17 0000 0001 0000 0001 02 0000", "9701");
    check ("83 0000 0001", "8301");
    check ("2B 0D 00 00", "AB01");
}

static void strict_refuses_input_registers (void)
{
    ModbusSource source = make_source ();
    source.strict = TRUE;
    g_autofree char *got = ask_with (&source, "04 0000 0001");

    g_assert_cmpstr (got, ==, "8401");
}

static void a_unit_that_is_not_there_is_told (void)
{
    ModbusSource source = make_source ();
    source.registers = NULL;
    g_autofree char *got = ask_with (&source, "03 0000 0001");

    g_assert_cmpstr (got, ==, "830B");
}

static void the_device_says_what_it_is (void)
{
    /* what a real concentrator answers, but for the conformity level */
    check ("2B 0E 01 00", "2B0E 0102 0000 0300 0B44 616E 666F 7373 2041 2F53 0104 3130 3336 0203 3030 31");
    check ("2B 0E 01 02", "2B0E 0102 0000 0102 0330 3031");
    check ("2B 0E 02 04",
           "2B0E 0202 0000 0304 044E 616D 6505 0853 7461 6E64 6172 6406 124D 6F64 6275 7320 5443 5020 4761 "
           "7465 7761 79");
    check ("2B 0E 01 77", "2B0E 0102 0000 0300 0B44 616E 666F 7373 2041 2F53 0104 3130 3336 0203 3030 31");
    check ("2B 0E 04 00", "AB03");
    check ("2B 0E 00 00", "AB03");
    check ("2B 0E 01", "AB03");
    check ("2B 0E", "AB03");
    check ("2B", "AB03");
    check ("2B 0E 01 00 00", "AB03");
}

static void long_names_come_in_several_answers (void)
{
    g_autofree char *name = g_strnfill (200, 'x'), *huge = g_strnfill (1000, 'y');
    ModbusSource source = make_source ();
    guint8 out[MODBUS_PDU_MAX], request[] = { 0x2B, 0x0E, 2, 0 };
    guint seen = 0, turns = 0;

    source.objects[4] = name;
    source.objects[5] = huge;
    do {
        gsize n = modbus_answer (&source, request, sizeof request, out), at = 7;
        g_assert_cmpuint (n, <=, MODBUS_PDU_MAX);
        for (guint i = 0; i < out[6]; i++) {
            g_assert_cmpuint (out[at], ==, seen++);
            at += 2 + (gsize) out[at + 1];
        }
        g_assert_cmpuint (at, ==, n);
        request[3] = out[5];
        g_assert_cmpuint (++turns, <, 8);
    } while (out[4] == 0xFF);
    g_assert_cmpuint (seen, ==, MODBUS_N_OBJECTS);
    g_assert_cmpuint (turns, >, 1);
}

/* each function code with each length, in memory that ends where the request does. */
static void no_request_reads_beyond_its_end (void)
{
    ModbusSource source = make_source ();

    for (guint function = 0; function < 256; function++) {
        for (gsize len = 0; len <= 260; len++) {
            guint8 *pdu = g_malloc0 (len), out[MODBUS_PDU_MAX];
            if (len > 0)
                pdu[0] = (guint8) function;
            if (len > 1)
                memset (pdu + 1, (gint) (function + len), len - 1);
            gsize n = modbus_answer (&source, pdu, len, out);
            g_assert_cmpuint (n, >=, 2);
            g_assert_cmpuint (n, <=, MODBUS_PDU_MAX);
            g_assert_true ((out[0] & 0x7F) == (len > 0 ? function & 0x7F : 0));
            if (function != 0x03 && function != 0x04 && function != 0x2B)
                g_assert_cmpuint (out[0] & 0x80, ==, 0x80);
            g_free (pdu);
        }
    }
}

static void frames_are_told_from_noise (void)
{
    static const struct {
        guint8 head[6];
        gsize len;
        gssize size;
    } cases[] = {
        { { 0, 1, 0, 0, 0, 6 }, 6, 12 },   { { 0, 1, 0, 0, 0, 6 }, 5, 0 },      { { 0 }, 0, 0 },
        { { 0, 1, 0, 1, 0, 6 }, 6, -1 },   { { 0, 1, 1, 0, 0, 6 }, 6, -1 },     { { 0, 1, 0, 0, 0, 0 }, 6, -1 },
        { { 0, 1, 0, 0, 0, 1 }, 6, -1 },   { { 0, 1, 0, 0, 0, 2 }, 6, 8 },      { { 0, 1, 0, 0, 0, 254 }, 6, 260 },
        { { 0, 1, 0, 0, 0, 255 }, 6, -1 }, { { 0, 1, 0, 0, 255, 255 }, 6, -1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        guint8 *exact = g_memdup2 (cases[i].head, cases[i].len);
        g_assert_cmpint (modbus_adu_size (exact, cases[i].len), ==, cases[i].size);
        g_free (exact);
    }
}

/* ---- image */

typedef struct {
    MgHost *host;
    GHashTable *numbers; /* "space key": first */
    GHashTable *next;    /* space: next */
    MgMeter *meter;
    MgPoint *points[4];
    guint n_points;
} Fixture;

static const char *test_fact (gpointer data, const char *fact)
{
    return g_str_equal (fact, "uuid")      ? "0002993a000000000000000000000000"
           : g_str_equal (fact, "version") ? "1.11"
                                           : NULL;
}

static gboolean test_allot (gpointer data, const char *space, const char *key, guint32 low, guint32 high, guint32 width,
                            guint32 wish, guint32 *first, GError **error)
{
    Fixture *f = data;
    g_autofree char *name = g_strconcat (space, " ", key, NULL);

    if (!g_hash_table_contains (f->numbers, name)) {
        guint32 next = MAX (low, GPOINTER_TO_UINT (g_hash_table_lookup (f->next, space)));
        if (wish == 0 && next + width - 1 > MIN (high, 99)) {
            g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "full");
            return FALSE;
        }
        if (wish == 0)
            g_hash_table_insert (f->next, g_strdup (space), GUINT_TO_POINTER (next + width));
        g_hash_table_insert (f->numbers, g_strdup (name), GUINT_TO_POINTER (wish != 0 ? wish : next));
    }
    *first = GPOINTER_TO_UINT (g_hash_table_lookup (f->numbers, name));
    return TRUE;
}

static void test_log (gpointer data, GLogLevelFlags level, const char *text)
{
    g_test_message ("%s", text); /* warnings are wanted here */
}

static void test_release (gpointer data, const char *space, const char *key)
{
    g_autofree char *name = g_strconcat (space, " ", key, NULL);

    g_hash_table_remove (((Fixture *) data)->numbers, name);
}

static MgMeter *make_meter (Fixture *f, guint32 id, guint n_points, const char *const *tags)
{
    g_autofree char *uid = g_strdup_printf ("uid%u", id);
    MghMeterInfo info = { .id = id,
                          .uid = uid,
                          .active = TRUE,
                          .tags = tags,
                          .identity = MG_INIT (MgIdentity, .serial = "66600106", .manufacturer = "LUG", .version = 2,
                                               .medium = MG_MEDIUM_HEAT) };

    return mgh_meter_new (&info, f->points, n_points);
}

static void set_up (Fixture *f, gconstpointer data)
{
    static const MghHostOps ops = { .struct_size = sizeof (MghHostOps),
                                    .get_fact = test_fact,
                                    .allot = test_allot,
                                    .release = test_release,
                                    .log = test_log };
    static const struct {
        const char *key;
        guint32 unit;
    } points[] = {
        { "energy", MG_UNIT_WH }, { "volume", MG_UNIT_M3 }, { "text", MG_UNIT_NONE }, { "time", MG_UNIT_NONE }
    };

    f->host = mgh_host_new ("modbus", NULL, &ops, f);
    f->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    f->next = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (points); i++) {
        MghPointInfo info = { .key = points[i].key,
                              .active = TRUE,
                              .meaning = MG_INIT (MgMeaning, .quantity = points[i].key, .unit = points[i].unit) };
        f->points[i] = mgh_point_new (i, &info);
    }
    f->meter = make_meter (f, 1, 2, NULL);
}

static void tear_down (Fixture *f, gconstpointer data)
{
    mgh_meter_unref (f->meter);
    for (guint i = 0; i < G_N_ELEMENTS (f->points); i++)
        mgh_point_unref (f->points[i]);
    g_hash_table_unref (f->numbers);
    g_hash_table_unref (f->next);
    mgh_host_free (f->host);
}

static MgMeterNow *make_now (const MgMeterNow *old, const MgMeter *meter, gint64 at_ms, const MgValue *values, guint n,
                             gboolean silent)
{
    static const MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "energy");
    static const guint32 indices[] = { 0, 1, 2, 3 };
    MgReadout *readout = mgh_readout_new (NULL, MG_READOUT_LIVE);

    mgh_readout_set_times (readout, 0, at_ms);
    for (guint i = 0; i < n; i++) {
        g_autofree char *key = g_strdup_printf ("k%u", i);
        guint at = mg_readout_add (readout, key, &meaning, values[i], 0);
        if (i == 0)
            mg_readout_stamp (readout, at, mg_value_time (2013, 5, 22, 12, 36, 3, MG_TIME_UTC));
    }
    mgh_readout_finish (readout);
    MgMeterNow *now = mgh_meter_now_next (old, meter, n > 0 ? readout : NULL, indices, silent);
    mg_readout_unref (readout);
    return now;
}

static void check_words (ModbusImage *image, guint8 unit, guint first, guint n, const char *words)
{
    const ModbusRegisters *registers = modbus_image_get (image, unit);

    g_assert_nonnull (registers);
    g_assert_cmpuint (first + n, <=, registers->n);
    g_autofree char *got = hex (registers->bytes + 2 * first, 2 * n);
    g_assert_cmpstr (got, ==, words);
}

#define ENERGY MG_DECIMAL (267, 3)
#define VOLUME MG_DECIMAL (372876, -2)
#define AT_MS  G_GINT64_CONSTANT (1369227629000)

/* The concentrator's table 33. */
static void entries_are_laid_out_as_the_concentrator_does (Fixture *f, gconstpointer data)
{
    const MgValue values[] = { ENERGY, VOLUME };
    ModbusLayout layout = { 0 };
    ModbusImage *image = modbus_image_new (f->host, &layout);
    g_autoptr (MgMeterNow) now = make_now (NULL, f->meter, AT_MS, values, 2, FALSE);
    g_autoptr (MgMeterNow) silent = make_now (now, f->meter, 0, NULL, 0, TRUE);

    modbus_image_update (image, now);
    check_words (image, 77, 0, 4, "0002 993A 0001 006F");
    check_words (image, 77, 6, 4, "0000 0100 0000 0000");
    check_words (image, 255, 10, 10, "03F8 3CAA 32A7 0204 519C C16D 0000 0200 0000 0000");
    check_words (image, 255, 20, 10, "0000 0000 0000 010B 4882 5F00 0003 0005 519C BBB3");
    check_words (image, 255, 30, 5, "0000 0000 0005 B08C 4569");
    g_assert_cmpuint (modbus_image_get (image, 1)->n, ==, 40);
    modbus_image_update (image, silent);
    check_words (image, 255, 18, 1, "0003");
    check_words (image, 255, 20, 4, "0000 0000 0000 010B"); /* the last value stays, marked */
    modbus_image_remove (image, 1);
    check_words (image, 255, 18, 6, "0000 0000 0000 0000 0000 0000");
    modbus_image_update (image, now);
    check_words (image, 255, 20, 4, "0000 0000 0000 010B"); /* at the same address again */
    modbus_image_free (image);
}

static void the_test_image_is_exact (Fixture *f, gconstpointer data)
{
    ModbusLayout layout = { .test = TRUE };
    ModbusImage *image = modbus_image_new (f->host, &layout);

    check_words (image, 1, 0, 30,
                 "D080 0DC1 0002 0084 5CE5 5EAC 0000 0100 0000 0000 00BC 614E 0443 0102 5CE5 5EAC 0000 0200 0000 0000 "
                 "0000 0000 00BC 614E 449A 522B FFFC 0005 5CE5 5EAC");
    g_assert_cmpuint (modbus_image_get (image, 1)->n, ==, 30);
    modbus_image_free (image);
    layout.low_word_first = TRUE;
    image = modbus_image_new (f->host, &layout);
    check_words (image, 1, 0, 2, "0DC1 D080");
    check_words (image, 1, 20, 10, "614E 00BC 0000 0000 522B 449A FFFC 0005 5EAC 5CE5");
    modbus_image_free (image);
    layout = (ModbusLayout){ .test = TRUE, .float_only = TRUE };
    image = modbus_image_new (f->host, &layout);
    check_words (image, 1, 0, 4, "00BC 614E 449A 522B");
    g_assert_cmpuint (modbus_image_get (image, 1)->n, ==, 4);
    modbus_image_free (image);
}

static void floats_alone_take_two_registers_each (Fixture *f, gconstpointer data)
{
    const MgValue values[] = { ENERGY, VOLUME };
    ModbusLayout layout = { .float_only = TRUE };
    ModbusImage *image = modbus_image_new (f->host, &layout);
    g_autoptr (MgMeterNow) now = make_now (NULL, f->meter, AT_MS, values, 2, FALSE);

    g_assert_cmpuint (modbus_image_get (image, 1)->n, ==, 0);
    modbus_image_update (image, now);
    check_words (image, 1, 0, 6, "03F8 3CAA 4882 5F00 4569 0C29");
    modbus_image_free (image);
}

static void meters_are_units_of_their_own (Fixture *f, gconstpointer data)
{
    const MgValue values[] = { ENERGY };
    const char *const tags[] = { "register=9", NULL };
    ModbusLayout layout = { .multi_slave = TRUE };
    ModbusImage *image = modbus_image_new (f->host, &layout);
    MgMeter *tagged = make_meter (f, 2, 1, tags);
    g_autoptr (MgMeterNow) one = make_now (NULL, f->meter, AT_MS, values, 1, FALSE);
    g_autoptr (MgMeterNow) two = make_now (NULL, tagged, AT_MS, values, 1, FALSE);

    modbus_image_update (image, one);
    modbus_image_update (image, two);
    check_words (image, 1, 0, 4, "03F8 3CAA 32A7 0204");
    check_words (image, 9, 10, 4, "0000 0000 0000 010B");
    check_words (image, 255, 7, 1, "0100");
    g_assert_cmpuint (modbus_image_get (image, 255)->n, ==, 10);
    g_assert_null (modbus_image_get (image, 0));
    g_assert_null (modbus_image_get (image, 2));
    g_assert_null (modbus_image_get (image, 254));
    modbus_image_free (image);
    mgh_meter_unref (tagged);
}

static void addresses_stay_when_points_and_meters_come (Fixture *f, gconstpointer data)
{
    const MgValue values[] = { ENERGY,
                               VOLUME,
                               { .type = MG_VALUE_TEXT, .len = 2, .v.data = "ab" },
                               { .type = MG_VALUE_TIME, .flags = MG_TIME_UTC, .v.number = 86400 } };
    ModbusLayout layout = { 0 };
    ModbusImage *image = modbus_image_new (f->host, &layout);
    MgMeter *other = make_meter (f, 2, 1, NULL), *grown = make_meter (f, 1, 4, NULL),
            *empty = make_meter (f, 3, 0, NULL);
    g_autoptr (MgMeterNow) first = make_now (NULL, f->meter, AT_MS, values, 2, FALSE);
    g_autoptr (MgMeterNow) second = make_now (NULL, other, AT_MS, values, 1, FALSE);
    g_autoptr (MgMeterNow) third = make_now (first, grown, AT_MS, values, 4, FALSE);
    g_autoptr (MgMeterNow) nothing = mgh_meter_now_new (empty);

    modbus_image_update (image, first);   /* 10 20 30 */
    modbus_image_update (image, nothing); /* none yet */
    modbus_image_update (image, second);  /* 40 50 */
    modbus_image_update (image, third);   /* and 60 70 */
    check_words (image, 1, 20, 4, "0000 0000 0000 010B");
    check_words (image, 1, 47, 1, "0200");
    check_words (image, 1, 50, 4, "0000 0000 0000 010B");
    check_words (image, 1, 60, 6, "0000 0000 0000 0000 0000 0000"); /* a text is no number */
    check_words (image, 1, 70, 4, "0000 0000 0001 5180");
    g_assert_cmpuint (modbus_image_get (image, 1)->n, ==, 80);
    modbus_image_free (image);
    image = modbus_image_new (f->host, &layout);
    modbus_image_update (image, second); /* in another order: the same places */
    check_words (image, 1, 50, 4, "0000 0000 0000 010B");
    modbus_image_free (image);
    mgh_meter_unref (other);
    mgh_meter_unref (grown);
    mgh_meter_unref (empty);
}

static void what_is_wished_or_has_no_room_is_told (Fixture *f, gconstpointer data)
{
    const MgValue values[] = { ENERGY, VOLUME };
    const char *const tags[] = { "register=500", NULL };
    ModbusLayout layout = { 0 };
    ModbusImage *image = modbus_image_new (f->host, &layout);
    MgMeter *tagged = make_meter (f, 1, 2, tags);
    g_autoptr (MgMeterNow) before = make_now (NULL, f->meter, AT_MS, values, 2, FALSE);
    g_autoptr (MgMeterNow) now = make_now (NULL, tagged, AT_MS, values, 2, FALSE);

    modbus_image_update (image, before);
    modbus_image_free (image);
    image = modbus_image_new (f->host, &layout); /* a tag wins over what was given before */
    modbus_image_update (image, now);
    check_words (image, 1, 500, 2, "03F8 3CAA");
    check_words (image, 1, 20, 4, "0000 0000 0000 010B");
    g_assert_cmpuint (modbus_image_get_n_left_out (image), ==, 0);
    for (guint id = 10; id < 14; id++) {
        MgMeter *meter = make_meter (f, id, 2, NULL);
        g_autoptr (MgMeterNow) more = make_now (NULL, meter, AT_MS, values, 2, FALSE);
        modbus_image_update (image, more);
        modbus_image_update (image, more);
        mgh_meter_unref (meter);
    }
    g_assert_cmpuint (modbus_image_get_n_left_out (image), ==, 6); /* of twelve, in a space that ends at 99 */
    modbus_image_free (image);
    mgh_meter_unref (tagged);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/modbus-server/" #name, name)
    ADD (registers_are_read_within_their_range);
    ADD (what_is_not_offered_is_refused);
    ADD (strict_refuses_input_registers);
    ADD (a_unit_that_is_not_there_is_told);
    ADD (the_device_says_what_it_is);
    ADD (long_names_come_in_several_answers);
    ADD (no_request_reads_beyond_its_end);
    ADD (frames_are_told_from_noise);
#define ADD_WITH(name) g_test_add ("/modbus-server/" #name, Fixture, NULL, set_up, name, tear_down)
    ADD_WITH (entries_are_laid_out_as_the_concentrator_does);
    ADD_WITH (the_test_image_is_exact);
    ADD_WITH (floats_alone_take_two_registers_each);
    ADD_WITH (meters_are_units_of_their_own);
    ADD_WITH (addresses_stay_when_points_and_meters_come);
    ADD_WITH (what_is_wished_or_has_no_room_is_told);
    return g_test_run ();
}
