/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host.c: tests of clocks, hosts, devices, calls and commands as plugins are given them. */
#include <metergate.h>
#include <host/mgh-line.h>
#include <host/mgh-readout.h>

static void virtual_clock_moves_only_when_told (void)
{
    g_autoptr (MghClock) clock = mgh_clock_virtual_new (1000);
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (GError) error = NULL;

    g_assert_true (mgh_clock_is_virtual (clock));
    g_assert_cmpint (mgh_clock_mono_us (clock), ==, 0);
    g_assert_cmpint (mgh_clock_now_ms (clock), ==, 1000);
    g_assert_true (mgh_clock_wait (clock, (gint64) 3600 * G_USEC_PER_SEC, cancellable, NULL));
    g_assert_cmpint (mgh_clock_now_ms (clock), ==, 3601000);
    mgh_clock_advance_to (clock, 5); /* never back */
    g_assert_cmpint (mgh_clock_mono_us (clock), ==, (gint64) 3600 * G_USEC_PER_SEC);
    g_cancellable_cancel (cancellable);
    g_assert_false (mgh_clock_wait (clock, G_MAXINT64, cancellable, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void real_clock_waits_until_the_moment (void)
{
    MghClock *clock = mgh_clock_real ();
    gint64 until_us = mgh_clock_mono_us (clock) + 1500;

    g_assert_false (mgh_clock_is_virtual (clock));
    g_assert_true (mgh_clock_wait (clock, until_us, NULL, NULL));
    g_assert_cmpint (mgh_clock_mono_us (clock), >=, until_us);
    mgh_clock_unref (mgh_clock_ref (clock));
}

/* ------------------------------------------------------------------------------------------------------------- hosts
 */

static void note_log (gpointer owner, GLogLevelFlags level, const char *text)
{
    g_string_append_printf (owner, "log %u %s;", level, text);
}

static void note_count (gpointer owner, const char *counter, gint64 add)
{
    g_string_append_printf (owner, "count %s %d;", counter, (int) add);
}

static void note_raise (gpointer owner, const char *code, guint32 meter, const char *key, const char *const *params)
{
    g_autofree char *joined = g_strjoinv (",", (char **) params);

    g_string_append_printf (owner, "raise %s %u %s %s;", code, meter, key == NULL ? "-" : key, joined);
}

static void host_hands_on_to_its_table (void)
{
    const MghHostOps ops = { .struct_size = sizeof ops, .log = note_log, .count = note_count, .raise = note_raise };
    g_autoptr (GString) said = g_string_new (NULL);
    g_autoptr (MgHost) host = mgh_host_new ("mbus1", NULL, &ops, said);

    g_assert_cmpstr (mg_host_get_name (host), ==, "mbus1");
    mg_host_log (host, G_LOG_LEVEL_WARNING, "%d baud", 2400);
    mg_host_log (host, G_LOG_LEVEL_ERROR, "does not end the daemon");
    mg_host_count (host, "requests", 2);
    mg_host_raise (host, "meter.odd", 7, "k", "a", "1", "b", "2", NULL);
    mg_host_raise (host, "gateway.odd", 0, NULL, NULL);
    g_assert_cmpstr (said->str, ==,
                     "log 16 2400 baud;log 8 does not end the daemon;count requests 2;raise meter.odd 7 k a,1,b,2;"
                     "raise gateway.odd 0 - ;");
}

static void host_without_a_table_does_no_harm (void)
{
    g_autoptr (MghClock) clock = mgh_clock_virtual_new (77);
    g_autoptr (MgHost) host = mgh_host_new ("x", clock, NULL, NULL);
    g_autoptr (GBytes) value = g_bytes_new_static ("v", 1);
    g_autoptr (GError) error = NULL;
    guint32 first;

    g_assert_null (mg_host_get_fact (host, "uuid"));
    g_assert_cmpint (mg_host_now_ms (host), ==, 77);
    mg_host_count (host, "requests", 1);
    mg_host_raise (host, "code", 0, NULL, NULL);
    mg_host_put_state (host, "k", value);
    g_assert_null (mg_host_get_state (host, "k"));
    mg_host_release (host, "registers", "k");
    g_assert_false (mg_host_allot (host, "registers", "k", 0, 9, 1, 0, &first, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED);
    g_test_expect_message ("metergate", G_LOG_LEVEL_WARNING, "x: said");
    mg_host_log (host, G_LOG_LEVEL_WARNING, "said");
    g_test_assert_expected_messages ();
}

/* ---------------------------------------------------------------------------------------------- devices and commands
 */

static void device_offers_each_command_once (void)
{
    static const MgCommand reset = { .name = "reset", .flags = MG_COMMAND_DANGEROUS };
    g_autoptr (MgDevice) device = mgh_device_new (3, "17", NULL);
    g_autoptr (GError) error = NULL;
    guint n;

    g_assert_cmpstr (mg_device_get_address (device), ==, "17");
    g_assert_true (mg_device_offer (device, &reset, NULL));
    g_assert_false (mg_device_offer (device, &reset, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
    g_assert_true (mgh_device_get_commands (device, &n)[0] == &reset);
    g_assert_cmpuint (n, ==, 1);
}

static void count_done (gpointer owner, GError *error)
{
    (*(guint *) owner)++;
    g_clear_error (&error);
}

static void command_is_done_once (void)
{
    guint done = 0;
    g_autoptr (MgCommandCall) command = mgh_command_call_new ("reset", NULL, "c-1", 9, count_done, &done);

    g_assert_cmpstr (mg_command_call_get_name (command), ==, "reset");
    g_assert_cmpstr (mg_command_call_get_id (command), ==, "c-1");
    g_assert_cmpuint (mg_command_call_get_meter (command), ==, 9);
    mg_command_call_done (command, g_error_new_literal (MG_ERROR, MG_ERROR_REFUSED, "no"));
    mg_command_call_done (command, g_error_new_literal (MG_ERROR, MG_ERROR_REFUSED, "no"));
    g_assert_cmpuint (done, ==, 1);
}

/* ------------------------------------------------------------------------------------------------------------- calls
 */

static void note_step (gpointer owner, MgStep outcome, const char *code, const char *text)
{
    g_string_append_printf (owner, "%u %s %s;", outcome, code, text);
}

static gboolean wants_energy (gpointer owner, const char *key)
{
    return g_str_equal (key, "energy");
}

static void call_hands_on_and_finds_devices (void)
{
    const MghCallOps ops = { .struct_size = sizeof ops, .step = note_step, .wants = wants_energy };
    g_autoptr (GString) said = g_string_new (NULL);
    g_autoptr (MgDevice) one = mgh_device_new (1, "1", NULL), two = mgh_device_new (2, "2", NULL);
    MgDevice *devices[] = { one, two }, *const * listed;
    const MghCallInfo info = {
        .struct_size = sizeof info, .ops = &ops, .owner = said, .attempt = 2, .devices = devices, .n_devices = 2
    };
    g_autoptr (MgCall) call = mgh_call_new (&info);

    mg_call_step (call, MG_STEP_FAILED, "login", "%s", "530");
    g_assert_cmpstr (said->str, ==, "2 login 530;");
    g_assert_true (mg_call_wants (call, "energy"));
    g_assert_false (mg_call_wants (call, "power"));
    g_assert_true (mg_call_find_device (call, "2") == two);
    g_assert_null (mg_call_find_device (call, "3"));
    g_assert_cmpuint (mg_call_get_devices (call, &listed), ==, 2);
    g_assert_true (listed[1] == two);
    g_assert_cmpuint (mg_call_get_attempt (call), ==, 2);
    g_assert_cmpstr (mg_call_get_actor (call), ==, "schedule");
    g_assert_null (mg_call_get_line (call));
}

static void call_without_a_table_frees_what_it_takes (void)
{
    const MghCallInfo info = { .struct_size = sizeof info };
    g_autoptr (MgCall) call = mgh_call_new (&info);
    gint64 utc_ms = 5;
    MgValue time;

    mg_call_step (call, MG_STEP_OK, "x", "y");
    mg_call_progress (call, 1, 2, "z");
    mg_call_emit (call, mg_readout_new (NULL));
    mg_call_failed (call, NULL, g_error_new_literal (MG_ERROR, MG_ERROR_TIMEOUT, "t"));
    mg_call_found (call, mg_found_new ("1"));
    g_assert_true (mg_call_wants (call, "anything"));
    g_assert_false (mg_call_get_last_kept (call, &utc_ms, &time));
    g_assert_cmpint (utc_ms, ==, 0);
    g_assert_cmpint (time.type, ==, MG_VALUE_NONE);
    g_assert_true (mg_call_sleep (call, 0, NULL));
}

/* Moments that are just now, or just over, when they are asked for: none of them is waited for. */
static void real_clock_never_waits_for_what_is_over (void)
{
    MghClock *clock = mgh_clock_real ();

    for (guint i = 0; i < 20000; i++)
        g_assert_true (mgh_clock_wait (clock, mgh_clock_mono_us (clock), NULL, NULL));
}

static void sleep_ends_at_the_deadline (void)
{
    g_autoptr (MghClock) clock = mgh_clock_virtual_new (0);
    const MghCallInfo info = { .struct_size = sizeof info, .clock = clock, .deadline_us = 1000 };
    g_autoptr (MgCall) call = mgh_call_new (&info);
    g_autoptr (GError) error = NULL;

    g_assert_true (mg_call_sleep (call, 999, NULL));
    g_assert_false (mg_call_sleep (call, G_MAXINT64, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_cmpint (mgh_clock_mono_us (clock), ==, 1000);
}

#define CASE(function) g_test_add_func ("/host/" #function, function)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    CASE (virtual_clock_moves_only_when_told);
    CASE (real_clock_waits_until_the_moment);
    CASE (host_hands_on_to_its_table);
    CASE (host_without_a_table_does_no_harm);
    CASE (device_offers_each_command_once);
    CASE (command_is_done_once);
    CASE (call_hands_on_and_finds_devices);
    CASE (call_without_a_table_frees_what_it_takes);
    CASE (real_clock_never_waits_for_what_is_over);
    CASE (sleep_ends_at_the_deadline);
    return g_test_run ();
}
