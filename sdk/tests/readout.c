/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readout.c: tests of readouts: arena, copies, twins, what is kept of broken exchanges. */
#include <metergate.h>

#include <host/mgh-host.h>
#include <host/mgh-readout.h>
#include <string.h>

static const MgMeaning energy = MG_INIT (MgMeaning, .quantity = "energy", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_WH);

static const char *key_of (const MgReadout *r, guint i)
{
    return mgh_reading_get_key (mgh_readout_get_reading (r, i));
}

static MgReadout *readout_of (const char *const *keys)
{
    MgReadout *r = mg_readout_new (NULL);

    for (guint i = 0; keys[i] != NULL; i++)
        g_assert_cmpuint (mg_readout_add (r, keys[i], &energy, mg_value_decimal (i, 0), 0), ==, i);
    mgh_readout_finish (r);
    return r;
}

static void twins_are_numbered_in_order (void)
{
    const char *const keys[] = { "0.0.0.0:00", "0.0.0.0:10", "0.0.0.0:00", "0.0.0.0:00", "0.0.0.0:10", NULL };
    const char *const want[] = { "0.0.0.0:00", "0.0.0.0:10", "0.0.0.0:00#2", "0.0.0.0:00#3", "0.0.0.0:10#2" };
    MgReadout *r = readout_of (keys);

    for (guint i = 0; i < G_N_ELEMENTS (want); i++)
        g_assert_cmpstr (key_of (r, i), ==, want[i]);
    mg_readout_unref (r);
}

static void a_twins_name_that_is_taken_is_passed_over (void)
{
    const char *const keys[] = { "a", "a#2", "a", "a", "a#2", NULL };
    const char *const want[] = { "a", "a#2", "a#3", "a#4", "a#2#2" };
    MgReadout *r = readout_of (keys);

    for (guint i = 0; i < G_N_ELEMENTS (want); i++)
        g_assert_cmpstr (key_of (r, i), ==, want[i]);
    mg_readout_unref (r);
}

static void thousands_of_readings_keep_their_place_and_name (void)
{
    MgReadout *r = mg_readout_new (NULL);
    GHashTable *seen = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < 5000; i++) {
        char key[32];

        g_snprintf (key, sizeof key, "key-%u", i % 1000);
        g_assert_cmpuint (mg_readout_add (r, key, &energy, mg_value_decimal (i, -3), 0), ==, i);
    }
    mgh_readout_finish (r);
    g_assert_cmpuint (mgh_readout_get_n (r), ==, 5000);
    for (guint i = 0; i < 5000; i++) {
        g_assert_cmpint (mg_reading_get_value (mgh_readout_get_reading (r, i)).v.number, ==, i);
        g_assert_true (mg_reading_get_readout (mgh_readout_get_reading (r, i)) == r);
        g_assert_true (g_hash_table_add (seen, (gpointer) key_of (r, i)));
    }
    g_assert_cmpstr (key_of (r, 4999), ==, "key-999#5");
    g_hash_table_unref (seen);
    mg_readout_unref (r);
}

static void more_readings_than_any_meter_has_are_left_out_and_said (void)
{
    MgReadout *r = mg_readout_new (NULL);
    guint taken = 0;

    for (guint i = 0; i < 70000; i++)
        taken += mg_readout_add (r, "same", &energy, mg_value_decimal (i, 0), 0) != G_MAXUINT;
    mgh_readout_finish (r);
    g_assert_cmpuint (taken, ==, mgh_readout_get_n (r));
    g_assert_cmpuint (taken, <, 65536);
    g_assert_error (mgh_readout_get_error (r), MG_ERROR, MG_ERROR_RANGE);
    g_assert_cmpstr (key_of (r, taken - 1), ==, "same#65528");
    mg_readout_unref (r);
}

static void everything_is_copied (void)
{
    MgReadout *r = mg_readout_new (NULL);
    char key[] = "1-0:1.8.0*255", quantity[] = "energy.active.import", name[] = "import", text[] = "m³";
    guint8 raw[] = { 0x0d, 0x78, 0x03, 'a', 'b', 'c' };
    char serial[] = "12345678";
    MgMeaning m = MG_INIT (MgMeaning, .quantity = quantity, .name = name, .unit_text = text, .raw = raw, .raw_len = 6,
                           .raw_head_len = 2);
    MgIdentity id = MG_INIT (MgIdentity, .serial = serial, .medium = MG_MEDIUM_HEAT);
    const MgReading *reading;
    const MgMeaning *copy;
    gsize len, head;

    mg_readout_add (r, key, &m, mg_value_text ((const char *) raw + 3, 3), MG_QUALITY_ESTIMATED);
    mg_readout_add (r, "b", &m, mg_value_bytes (raw + 3, 3), 0);
    mg_readout_set_identity (r, &id);
    mg_readout_add_frame (r, raw, 2);
    mg_readout_add_frame (r, raw + 2, 4);
    memset (key, 'x', 3);
    memset (quantity, 'x', 3);
    memset (name, 'x', 3);
    memset (text, 'x', 1);
    memset (serial, 'x', 3);
    memset (raw, 0, 2);
    memset (raw + 3, 'x', 3);
    mgh_readout_finish (r);
    reading = mgh_readout_get_reading (r, 0);
    copy = mgh_reading_get_meaning (reading);
    g_assert_cmpstr (key_of (r, 0), ==, "1-0:1.8.0*255");
    g_assert_cmpstr (copy->quantity, ==, "energy.active.import");
    g_assert_cmpstr (copy->name, ==, "import");
    g_assert_cmpstr (copy->unit_text, ==, "m³");
    g_assert_cmpstr (mg_reading_get_value (reading).v.data, ==, "abc");
    g_assert_cmpuint (mg_reading_get_quality (reading), ==, MG_QUALITY_ESTIMATED);
    g_assert_cmpmem (mg_reading_get_raw (reading, &len, &head), 6,
                     "\x0d\x78\x03"
                     "abc",
                     6);
    g_assert_cmpuint (len, ==, 6);
    g_assert_cmpuint (head, ==, 2);
    g_assert_cmpmem (mg_reading_get_value (mgh_readout_get_reading (r, 1)).v.data, 3, "abc", 3);
    g_assert_cmpstr (mgh_readout_get_identity (r)->serial, ==, "12345678");
    g_assert_cmpuint (mgh_readout_get_identity (r)->medium, ==, MG_MEDIUM_HEAT);
    g_assert_cmpmem (g_bytes_get_data (mg_readout_get_frame (r), NULL), 6,
                     "\x0d\x78\x03"
                     "abc",
                     6);
    mg_readout_unref (r);
}

static void a_meaning_of_an_older_header_has_nothing_in_new_fields (void)
{
    MgMeaning m = energy;
    MgReadout *r = mg_readout_new (NULL);

    m.states = (const MgChoice *) &m;
    m.struct_size = G_STRUCT_OFFSET (MgMeaning, states);
    mg_readout_add (r, "a", &m, mg_value_decimal (1, 0), 0);
    g_assert_null (mgh_reading_get_meaning (mgh_readout_get_reading (r, 0))->states);
    g_assert_cmpstr (mgh_reading_get_meaning (mgh_readout_get_reading (r, 0))->quantity, ==, "energy");
    mg_readout_unref (r);
}

static void a_partial_readout_keeps_the_first_reason (void)
{
    MgReadout *r = mg_readout_new (NULL);
    GError *first = g_error_new (MG_ERROR, MG_ERROR_TIMEOUT, "no answer"),
           *second = g_error_new (MG_ERROR, MG_ERROR_IO, "x");

    g_assert_true (mg_readout_partial (r, &first));
    g_assert_true (mg_readout_partial (r, &second));
    g_assert_null (first);
    g_assert_null (second);
    g_assert_error (mgh_readout_get_error (r), MG_ERROR, MG_ERROR_TIMEOUT);
    mg_readout_unref (r);
}

static void a_stored_readout_has_values_and_no_keys (void)
{
    MgReadout *r = mgh_readout_new (NULL, MG_READOUT_LIVE);

    mgh_readout_add_stored (r, mg_value_text ("abc", 2), MG_QUALITY_OVERFLOW, mg_value_time (2026, 1, 2, 3, 4, 5, 0));
    mgh_readout_set_times (r, 1000, 1234);
    mgh_readout_set_seq (r, 77);
    mgh_readout_finish (r);
    g_assert_null (key_of (r, 0));
    g_assert_null (mgh_reading_get_meaning (mgh_readout_get_reading (r, 0)));
    g_assert_null (mg_reading_get_raw (mgh_readout_get_reading (r, 0), NULL, NULL));
    g_assert_cmpuint (mg_reading_get_value (mgh_readout_get_reading (r, 0)).len, ==, 2);
    g_assert_cmpint (mg_reading_get_device_time (mgh_readout_get_reading (r, 0)).type, ==, MG_VALUE_TIME);
    g_assert_cmpint (mg_readout_get_seq (r), ==, 77);
    g_assert_cmpint (mg_readout_get_due_ms (r), ==, 1000);
    g_assert_cmpint (mg_readout_get_at_ms (r), ==, 1234);
    mg_readout_unref (r);
}

static void stamps_clock_status_and_backfill_are_kept (void)
{
    MgReadout *r = mg_readout_new (NULL);
    MgValue then = mg_value_time (2026, 10, 25, 2, 30, 0, MG_TIME_LOCAL | MG_TIME_SUMMER);

    mg_readout_add (r, "a", &energy, mg_value_decimal (1, 0), 0);
    mg_readout_stamp (r, 0, then);
    mg_readout_set_clock (r, then);
    mg_readout_set_status (r, 0x10 | MG_STATUS_ERROR);
    g_assert_cmpuint (mg_readout_get_kind (r), ==, MG_READOUT_LIVE);
    mg_readout_set_backfill (r, then);
    mgh_readout_finish (r);
    g_assert_cmpint (mg_value_compare (mg_reading_get_device_time (mgh_readout_get_reading (r, 0)), then), ==, 0);
    g_assert_cmpint (mgh_readout_get_clock (r).v.number, ==, then.v.number);
    g_assert_cmpint (mgh_readout_get_backfill (r).flags, ==, then.flags);
    g_assert_cmpuint (mg_readout_get_status (r), ==, 0x210);
    g_assert_cmpuint (mg_readout_get_kind (r), ==, MG_READOUT_BACKFILL);
    mg_readout_unref (r);
}

static void a_key_that_is_none_is_a_bug_of_the_driver (void)
{
    const char *const wrong[] = { "", "with blank", "tab\t", "umlaut-ä",
                                  "12345678901234567890123456789012345678901234567890123456789012345" };
    MgReadout *r = mg_readout_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "readout: key *");
        g_assert_cmpuint (mg_readout_add (r, wrong[i], &energy, mg_value_decimal (1, 0), 0), ==, G_MAXUINT);
        g_test_assert_expected_messages ();
    }
    g_assert_cmpuint (mg_readout_add (r, wrong[4] + 1, &energy, mg_value_decimal (1, 0), 0), ==, 0);
    mg_readout_unref (r);
}

static void every_byte_of_a_key_is_looked_at (void)
{
    MgReadout *r = mg_readout_new (NULL);

    for (guint len = 1; len <= 20; len++)
        for (guint at = 0; at < len; at++)
            for (guint byte = 1; byte < 256; byte++) {
                char key[32];

                memset (key, 'k', len);
                key[len] = '\0';
                key[at] = (char) byte;
                if (byte > 0x20 && byte < 0x7f)
                    continue;
                g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "readout: key *");
                g_assert_cmpuint (mg_readout_add (r, key, &energy, mg_value_decimal (1, 0), 0), ==, G_MAXUINT);
                g_test_assert_expected_messages ();
            }
    for (guint byte = 0x21; byte < 0x7f; byte++) {
        const char key[] = { 'a', (char) byte, 'b', 'c', 'd', 'e', 'f', 'g', (char) byte, '\0' };

        g_assert_cmpuint (mg_readout_add (r, key, &energy, mg_value_decimal (1, 0), 0), !=, G_MAXUINT);
    }
    mg_readout_unref (r);
}

static void what_does_not_fit_is_marked (void)
{
    const guint8 bytes[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    MgReadout *r = mg_readout_new (NULL);

    mg_readout_add (r, "a", &energy, mg_value_from_int (bytes, 8, MG_LE, 0), 0);
    g_assert_cmpuint (mg_reading_get_quality (mgh_readout_get_reading (r, 0)), ==, MG_QUALITY_UNFIT);
    mg_readout_unref (r);
}

static void a_readout_holds_on_to_its_device (void)
{
    MgDevice *device = mgh_device_new (17, "5", NULL);
    MgReadout *r = mg_readout_new (device);

    mgh_device_unref (device);
    g_assert_cmpuint (mgh_device_get_id (mgh_readout_get_device (r)), ==, 17);
    mg_readout_unref (r);
}

static gpointer ref_and_unref (gpointer data)
{
    for (guint i = 0; i < 100000; i++)
        mg_readout_unref (mg_readout_ref (data));
    mg_readout_unref (data);
    return NULL;
}

static void references_are_counted_over_threads (void)
{
    const char *const keys[] = { "a", NULL };
    MgReadout *r = readout_of (keys);
    GThread *threads[4];

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("refs", ref_and_unref, mg_readout_ref (r));
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    g_assert_cmpstr (key_of (r, 0), ==, "a");
    mg_readout_unref (r);
}

static void a_found_device_tells_what_is_known (void)
{
    MgFound *f = mg_found_new ("17");
    MgIdentity id = MG_INIT (MgIdentity, .serial = "06855817", .manufacturer = "KAM");
    const char *value;
    gint rssi;
    GBytes *frame;

    g_assert_null (mgh_found_get_identity (f));
    g_assert_cmpuint (mgh_found_get_sure (f), ==, 100);
    mg_found_identity (f, &id);
    mg_found_identity (f, mgh_found_get_identity (f));
    mg_found_setting (f, "baud", "2400");
    mg_found_setting (f, "profile", "a");
    mg_found_setting (f, "baud", "9600");
    mg_found_sure (f, 60);
    mg_found_heard (f, -70, (const guint8 *) "ab", 2);
    g_assert_cmpstr (mgh_found_get_address (f), ==, "17");
    g_assert_cmpstr (mgh_found_get_identity (f)->serial, ==, "06855817");
    g_assert_cmpstr (mgh_found_get_setting (f, 0, &value), ==, "baud");
    g_assert_cmpstr (value, ==, "9600");
    g_assert_cmpstr (mgh_found_get_setting (f, 1, NULL), ==, "profile");
    g_assert_null (mgh_found_get_setting (f, 2, NULL));
    g_assert_cmpuint (mgh_found_get_sure (f), ==, 60);
    mgh_found_get_heard (f, &rssi, &frame);
    g_assert_cmpint (rssi, ==, -70);
    g_assert_cmpuint (g_bytes_get_size (frame), ==, 2);
    mg_found_free (f);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/readout/" #name, name)
    ADD (twins_are_numbered_in_order);
    ADD (a_twins_name_that_is_taken_is_passed_over);
    ADD (thousands_of_readings_keep_their_place_and_name);
    ADD (more_readings_than_any_meter_has_are_left_out_and_said);
    ADD (everything_is_copied);
    ADD (a_meaning_of_an_older_header_has_nothing_in_new_fields);
    ADD (a_partial_readout_keeps_the_first_reason);
    ADD (a_stored_readout_has_values_and_no_keys);
    ADD (stamps_clock_status_and_backfill_are_kept);
    ADD (a_key_that_is_none_is_a_bug_of_the_driver);
    ADD (every_byte_of_a_key_is_looked_at);
    ADD (what_does_not_fit_is_marked);
    ADD (a_readout_holds_on_to_its_device);
    ADD (references_are_counted_over_threads);
    ADD (a_found_device_tells_what_is_known);
    return g_test_run ();
}
