/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-output.c: what formats write to: buffering, the first failure, parts, times in the report's zone, deliveries. */
#include <metergate.h>

#include <host/mgh-output.h>

#include <locale.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    GString *bytes;
    GPtrArray *parts;
    guint writes, fail_at; /* fail_at: the number of the write that fails; 0: none */
} Sink;

static void sink_part (gpointer owner, const char *name, const char *content_type)
{
    Sink *sink = owner;

    g_ptr_array_add (sink->parts, g_strdup_printf ("%s|%s|%zu", name != NULL ? name : "",
                                                   content_type != NULL ? content_type : "", sink->bytes->len));
}

static gboolean sink_write (gpointer owner, const void *bytes, gsize len, GError **error)
{
    Sink *sink = owner;

    if (++sink->writes == sink->fail_at) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "no space left in write %u", sink->writes);
        return FALSE;
    }
    g_string_append_len (sink->bytes, bytes, (gssize) len);
    return TRUE;
}

static const MghOutputOps sink_ops = MG_INIT (MghOutputOps, .part = sink_part, .write = sink_write);

static void sink_start (Sink *sink)
{
    *sink = (Sink){ .bytes = g_string_new (NULL), .parts = g_ptr_array_new_with_free_func (g_free) };
}

static void sink_end (Sink *sink)
{
    g_string_free (sink->bytes, TRUE);
    g_ptr_array_unref (sink->parts);
}

static MgOutput *output_for (Sink *sink, const char *zone)
{
    g_autoptr (GTimeZone) tz = zone != NULL ? g_time_zone_new_identifier (zone) : NULL;
    MghOutputInfo info = MG_INIT (MghOutputInfo, .ops = &sink_ops, .owner = sink, .report = "billing",
                                  .created_ms = 1700000000123, .zone = tz);

    g_assert_true (zone == NULL || tz != NULL);
    return mgh_output_new (&info);
}

static void small_and_large_writes_arrive_in_order (void)
{
    g_autoptr (GString) expected = g_string_new (NULL);
    g_autofree char *large = g_strnfill (50000, 'x');
    Sink sink;

    sink_start (&sink);
    g_autoptr (MgOutput) out = output_for (&sink, NULL);
    for (guint i = 0; i < 10000; i++) {
        mg_output_printf (out, "%u;", i);
        g_string_append_printf (expected, "%u;", i);
    }
    mg_output_puts (out, large);
    mg_output_puts (out, NULL);
    mg_output_write (out, "end", 3);
    g_string_append (expected, large);
    g_string_append (expected, "end");
    g_assert_true (mgh_output_flush (out, NULL));
    g_assert_cmpmem (sink.bytes->str, sink.bytes->len, expected->str, expected->len);
    g_assert_cmpuint (sink.writes, <, 10);
    g_assert_cmpstr (mg_output_get_report (out), ==, "billing");
    g_assert_cmpint (mg_output_get_created_ms (out), ==, 1700000000123);
    sink_end (&sink);
}

static void the_first_failure_is_kept_and_later_writes_do_nothing (void)
{
    g_autofree char *large = g_strnfill (20000, 'x');
    g_autoptr (GError) error = NULL, again = NULL;
    Sink sink;

    sink_start (&sink);
    sink.fail_at = 2;
    g_autoptr (MgOutput) out = output_for (&sink, NULL);
    for (guint i = 0; i < 10; i++)
        mg_output_puts (out, large);
    mg_output_part (out, "next", NULL);
    g_assert_false (mgh_output_flush (out, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_cmpstr (error->message, ==, "no space left in write 2");
    g_assert_cmpuint (sink.writes, ==, 2);
    g_assert_cmpuint (sink.parts->len, ==, 0);
    g_assert_false (mgh_output_flush (out, &again));
    g_assert_cmpstr (again->message, ==, error->message);
    sink_end (&sink);
}

static void parts_begin_after_what_was_written_before (void)
{
    Sink sink;

    sink_start (&sink);
    g_autoptr (MgOutput) out = output_for (&sink, NULL);
    mg_output_puts (out, "first");
    mg_output_part (out, "daily.csv", "text/csv");
    mg_output_puts (out, "second");
    mg_output_part (out, NULL, NULL);
    g_assert_true (mgh_output_flush (out, NULL));
    g_assert_cmpuint (sink.parts->len, ==, 2);
    g_assert_cmpstr (sink.parts->pdata[0], ==, "daily.csv|text/csv|5");
    g_assert_cmpstr (sink.parts->pdata[1], ==, "||11");
    sink_end (&sink);
}

static void part_names_that_could_leave_the_folder_are_refused (void)
{
    const char *bad[] = { "", ".", "..", "../x", "a/b", ".hidden", "a b", "\x01", "\xC3\xA4" };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;
        Sink sink;

        sink_start (&sink);
        g_autoptr (MgOutput) out = output_for (&sink, NULL);
        mg_output_part (out, bad[i], NULL);
        g_assert_false (mgh_output_flush (out, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
        g_assert_cmpuint (sink.parts->len, ==, 0);
        sink_end (&sink);
    }
}

static void numbers_are_printed_in_the_c_locale (void)
{
    Sink sink;

    sink_start (&sink);
    g_autoptr (MgOutput) out = output_for (&sink, NULL);
    if (setlocale (LC_NUMERIC, "de_DE.UTF-8") == NULL)
        g_test_message ("no German locale here: shown in the C locale only");
    mg_output_printf (out, "%.2f", 0.25);
    setlocale (LC_NUMERIC, "C");
    g_assert_true (mgh_output_flush (out, NULL));
    g_assert_cmpstr (sink.bytes->str, ==, "0.25");
    sink_end (&sink);
}

/* every half hour of a year in three zones, against GDateTime */
static void times_are_what_glib_makes_of_them (void)
{
    const char *zones[] = { "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe" };
    const char *fmt = "%Y-%m-%d %H:%M:%S|%F %T";

    for (guint z = 0; z < G_N_ELEMENTS (zones); z++) {
        g_autoptr (GTimeZone) tz = g_time_zone_new_identifier (zones[z]);
        g_autoptr (GString) expected = g_string_new (NULL);
        Sink sink;

        sink_start (&sink);
        g_autoptr (MgOutput) out = output_for (&sink, zones[z]);
        for (gint64 second = 946684799; second < 946684800 + 3600 * 24 * 366; second += 1799) {
            g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (second);
            g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, tz);
            g_autofree char *text = g_date_time_format (local, fmt);
            g_string_append (expected, text);
            mg_output_time (out, second * 1000 + 999, fmt);
        }
        g_assert_true (mgh_output_flush (out, NULL));
        g_assert_cmpmem (sink.bytes->str, sink.bytes->len, expected->str, expected->len);
        sink_end (&sink);
    }
}

static void odd_times_and_formats_are_no_trouble (void)
{
    Sink sink;

    sink_start (&sink);
    g_autoptr (MgOutput) out = output_for (&sink, "Europe/Berlin");
    mg_output_time (out, G_MAXINT64, "%F");
    mg_output_time (out, G_MININT64, "%F");
    mg_output_time (out, -1, "%F %T|");
    mg_output_time (out, 1700000000123, "%a %B %f|");
    mg_output_time (out, G_GINT64_CONSTANT (253402214400000) - 1000, "%F %T|");
    g_assert_true (mgh_output_flush (out, NULL));
    g_assert_cmpstr (sink.bytes->str, ==, "1970-01-01 00:59:59|Tue November 123000|9999-12-31 00:59:59|");
    sink_end (&sink);
}

static void a_clock_face_becomes_a_point_in_time (void)
{
    struct {
        MgValue face;
        gint64 utc_ms;
        gboolean good;
    } cases[] = {
        { { MG_VALUE_TIME, 0, MG_TIME_UTC, 0, { 1700000000 } }, 1700000000000, TRUE },
        { { MG_VALUE_TIME, 0, 0, 0, { 1700000000 } }, 1700000000000 - 3600000, TRUE }, /* November: one hour east */
        { { MG_VALUE_TIME, 0, 0, 0, { 1690000000 } }, 1690000000000 - 7200000, TRUE }, /* July: two */
        /* 2023-10-29 02:30 comes twice */
        { { MG_VALUE_TIME, 0, 0, 0, { 1698546600 } }, 1698546600000 - 3600000, TRUE },
        { { MG_VALUE_TIME, 0, MG_TIME_SUMMER, 0, { 1698546600 } }, 1698546600000 - 7200000, TRUE },
        { { MG_VALUE_TIME, 0, MG_TIME_INVALID, 0, { 1700000000 } }, 0, FALSE },
        { { MG_VALUE_TIME, 0, 0, 0, { G_MAXINT64 } }, 0, FALSE },
        { { MG_VALUE_TIME, 0, 0, 0, { G_MININT64 } }, 0, FALSE },
        { { MG_VALUE_NONE, 0, 0, 0, { 0 } }, 0, FALSE },
        { { MG_VALUE_DECIMAL, 0, 0, 0, { 1700000000 } }, 0, FALSE },
    };
    Sink sink;

    sink_start (&sink);
    g_autoptr (MgOutput) out = output_for (&sink, "Europe/Berlin");
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        gint64 utc_ms = -1;
        g_assert_cmpint (mg_output_clock (out, cases[i].face, &utc_ms), ==, cases[i].good);
        g_assert_cmpint (utc_ms, ==, cases[i].utc_ms);
    }
    sink_end (&sink);
}

static void a_delivery_gives_the_bytes_from_the_start (void)
{
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;
    char text[16] = "";
    gint64 after = -1;
    gsize n;
    int fd = g_file_open_tmp ("test-output-XXXXXX", &path, NULL);

    g_assert_cmpint (fd, >=, 0);
    g_assert_true (g_file_set_contents (path, "frozen", -1, NULL));
    MghDeliveryInfo info = MG_INIT (MghDeliveryInfo, .name = "2026/11/x.csv", .path = path, .content_type = "text/csv",
                                    .identity = "gw-billing-1-2-0badcafe", .report = "billing", .attempt = 3);
    g_autoptr (MgDelivery) d = mgh_delivery_new (&info, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (mg_delivery_get_size (d), ==, 6);
    g_assert_cmpstr (mg_delivery_get_path (d), ==, path);
    g_assert_cmpuint (mg_delivery_get_attempt (d), ==, 3);
    for (guint round = 0; round < 2; round++) {
        g_assert_true (g_input_stream_read_all (mg_delivery_get_stream (d), text, sizeof text, &n, NULL, NULL));
        g_assert_cmpmem (text, n, "frozen", 6);
        g_assert_true (g_seekable_seek (G_SEEKABLE (mg_delivery_get_stream (d)), 0, G_SEEK_SET, NULL, NULL));
    }
    g_assert_cmpuint (mgh_delivery_get_verdict (d, NULL), ==, 0);
    mg_delivery_set_verdict (d, MG_VERDICT_AGAIN, 5);
    g_assert_cmpuint (mgh_delivery_get_verdict (d, &after), ==, MG_VERDICT_AGAIN);
    g_assert_cmpint (after, ==, 5);
    g_assert_cmpint (g_unlink (path), ==, 0);
    g_assert_null (mgh_delivery_new (&info, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_nonnull (strstr (error->message, path));
    close (fd);
}

static void a_delivery_from_memory_needs_no_file (void)
{
    g_autoptr (GBytes) bytes = g_bytes_new_static ("message", 7);
    MghDeliveryInfo info = MG_INIT (MghDeliveryInfo, .bytes = bytes);
    g_autoptr (MgDelivery) d = mgh_delivery_new (&info, NULL);
    char text[16];
    gsize n;

    g_assert_cmpuint (mg_delivery_get_size (d), ==, 7);
    g_assert_null (mg_delivery_get_path (d));
    g_assert_true (g_input_stream_read_all (mg_delivery_get_stream (d), text, sizeof text, &n, NULL, NULL));
    g_assert_cmpmem (text, n, "message", 7);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/output/small-and-large-writes-arrive-in-order", small_and_large_writes_arrive_in_order);
    g_test_add_func ("/output/first-failure-is-kept", the_first_failure_is_kept_and_later_writes_do_nothing);
    g_test_add_func ("/output/parts-begin-after-what-was-written", parts_begin_after_what_was_written_before);
    g_test_add_func ("/output/part-names-that-leave-the-folder", part_names_that_could_leave_the_folder_are_refused);
    g_test_add_func ("/output/numbers-in-the-c-locale", numbers_are_printed_in_the_c_locale);
    g_test_add_func ("/output/times-as-glib-makes-them", times_are_what_glib_makes_of_them);
    g_test_add_func ("/output/odd-times-and-formats", odd_times_and_formats_are_no_trouble);
    g_test_add_func ("/output/clock-face-becomes-a-point-in-time", a_clock_face_becomes_a_point_in_time);
    g_test_add_func ("/delivery/bytes-from-the-start", a_delivery_gives_the_bytes_from_the_start);
    g_test_add_func ("/delivery/from-memory", a_delivery_from_memory_needs_no_file);
    return g_test_run ();
}
