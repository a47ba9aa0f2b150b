/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-scan.c: the driver's scan on a simulated segment and a virtual clock. */
#include "driver-fixture.h"

#include <string.h>

typedef struct {
    Fixture f;
    GPtrArray *addresses; /* of what was found, in order */
    GPtrArray *known;     /* MgDevice */
    GHashTable *steps;    /* code -> how often */
    guint64 done, total;
    guint requests;
    guint cancel_after; /* found meters; 0: never */
    GCancellable *cancellable;
} Scan;

static void scan_step (gpointer owner, MgStep outcome, const char *code, const char *text)
{
    Scan *s = owner;
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (s->steps, code));

    g_hash_table_insert (s->steps, g_strdup (code), GUINT_TO_POINTER (n + 1));
}

static void scan_progress (gpointer owner, guint64 done, guint64 total, const char *what)
{
    Scan *s = owner;

    g_assert_cmpuint (done, <=, total);
    if (total == s->total)
        g_assert_cmpuint (done, >=, s->done);
    g_assert_nonnull (what);
    s->done = done;
    s->total = total;
}

static void scan_found (gpointer owner, MgFound *found)
{
    Scan *s = owner;

    g_ptr_array_add (s->addresses, g_strdup (mgh_found_get_address (found)));
    g_assert_nonnull (mgh_found_get_identity (found));
    mg_found_free (found);
    if (s->addresses->len == s->cancel_after)
        g_cancellable_cancel (s->cancellable);
}

static const MghCallOps scan_ops = {
    .struct_size = sizeof (MghCallOps), .step = scan_step, .progress = scan_progress, .found = scan_found
};

static void scan_count (gpointer owner, const char *counter, gint64 add)
{
    if (g_str_equal (counter, "requests"))
        ((Scan *) owner)->requests += (guint) add;
}

static const MghHostOps host_ops = { .struct_size = sizeof (MghHostOps), .count = scan_count };

static void scan_init (Scan *s)
{
    memset (s, 0, sizeof *s);
    fixture_init (&s->f);
    s->f.host_ops = &host_ops;
    s->f.host_owner = s;
    s->addresses = g_ptr_array_new_with_free_func (g_free);
    s->known = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_device_unref);
    s->steps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    s->cancellable = g_cancellable_new ();
}

static void scan_clear (Scan *s)
{
    g_ptr_array_unref (s->addresses);
    g_ptr_array_unref (s->known);
    g_hash_table_unref (s->steps);
    g_object_unref (s->cancellable);
    fixture_clear (&s->f);
}

static gboolean scan_run (Scan *s, const char *options)
{
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) words = g_strsplit (options, " ", -1);
    MghConfigText texts[8];
    guint n = 0;

    for (guint i = 0; words[i] != NULL && *words[i] != '\0'; i++) {
        char *value = strchr (words[i], '=');
        *value = '\0';
        texts[n++] = (MghConfigText){ words[i], value + 1 };
    }
    g_autoptr (MgConfig) config = mgh_config_new (&driver ()->scan_settings, 1, texts, n, &error);
    g_assert_no_error (error);
    MghCallInfo info = { .struct_size = sizeof info,
                         .ops = &scan_ops,
                         .owner = s,
                         .line = s->f.line,
                         .clock = s->f.clock,
                         .cancellable = s->cancellable,
                         .devices = (MgDevice *const *) s->known->pdata,
                         .n_devices = s->known->len };
    MgCall *call = mgh_call_new (&info);
    gint64 started_us = mgh_clock_mono_us (s->f.clock);
    s->done = 0;
    mgh_line_begin (s->f.line, call, "mbus1", "scan", NULL);
    g_clear_error (&s->f.error);
    gboolean ok = driver ()->scan (s->f.self, config, call, &s->f.error);
    mgh_line_end (s->f.line, ok ? "ok" : "error", NULL);
    mgh_call_free (call);
    g_assert_cmpint (ok, ==, s->f.error == NULL);
    s->f.took_us = mgh_clock_mono_us (s->f.clock) - started_us;
    return ok;
}

static gboolean scan_has (const Scan *s, const char *address)
{
    return g_ptr_array_find_with_equal_func (s->addresses, address, g_str_equal, NULL);
}

static guint steps_of (const Scan *s, const char *code)
{
    return GPOINTER_TO_UINT (g_hash_table_lookup (s->steps, code));
}

/* `n` meters with random identifications */
static void scan_populate (Scan *s, guint n, guint32 seed, const char *more)
{
    GRand *rand = g_rand_new_with_seed (seed);

    for (guint i = 0; i < n; i++) {
        g_autofree char *text = g_strdup_printf ("address=0 id=%08d manufacturer=KAM medium=4 values=10 %s",
                                                 g_rand_int_range (rand, 0, 100000000), more);
        fixture_meter (&s->f, text);
    }
    g_rand_free (rand);
}

/* How many transactions (selections and requests) on average. */
static guint crowd_average (guint n, guint populations)
{
    guint sum = 0;
    gint64 took_us = 0;

    for (guint32 seed = 1; seed <= populations; seed++) {
        Scan s;
        scan_init (&s);
        s.f.options.seed = seed;
        scan_populate (&s, n, seed, "");
        fixture_start (&s.f, "");
        g_assert_true (scan_run (&s, ""));
        g_assert_cmpuint (s.addresses->len, ==, n);
        g_assert_cmpuint (s.done, ==, s.total);
        g_assert_cmpuint (steps_of (&s, "late"), ==, 0);
        sum += s.requests;
        took_us += s.f.took_us;
        scan_clear (&s);
    }
    g_test_message ("%u meters: %u transactions, %.1f min at 2400 baud", n, sum / populations,
                    (double) took_us / populations / 60e6);
    return sum / populations;
}

static void a_crowd_is_found_within_the_promised_number_of_transactions (void)
{
    g_assert_cmpuint (crowd_average (10, 60), <=, 58);
    g_assert_cmpuint (crowd_average (50, 60), <=, 280);
    g_assert_cmpuint (crowd_average (250, 60), <=, 1450);
}

static void meters_that_differ_only_in_hexadecimal_parts_are_found (void)
{
    Scan s;

    scan_init (&s);
    fixture_meter (&s.f, "id=12345678 manufacturer=KAM version=171 medium=4");
    fixture_meter (&s.f, "id=12345678 manufacturer=KAM version=171 medium=7");
    fixture_meter (&s.f, "id=12345678 manufacturer=KAM version=205 medium=7");
    fixture_meter (&s.f, "id=12345678 manufacturer=ELS version=205 medium=7");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, ""));
    g_assert_cmpuint (s.addresses->len, ==, 4);
    g_assert_true (scan_has (&s, "ELS-12345678-205-7"));
    g_assert_true (scan_has (&s, "KAM-12345678-171-4"));
    scan_clear (&s);
}

static void a_converter_that_echoes_does_not_matter (void)
{
    Scan s;

    scan_init (&s);
    s.f.echo = s.f.options.echo = TRUE;
    scan_populate (&s, 10, 2, "");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, ""));
    g_assert_cmpuint (s.addresses->len, ==, 10);
    scan_clear (&s);
}

static void meters_that_answer_late_are_found (void)
{
    Scan s;

    scan_init (&s);
    scan_populate (&s, 10, 3, "");
    fixture_meter (&s.f, "id=55555555 manufacturer=KAM delay=300");
    fixture_meter (&s.f, "id=55512345 manufacturer=KAM delay=300");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, ""));
    g_assert_cmpuint (s.addresses->len, ==, 12);
    scan_clear (&s);
}

static void meters_with_damaged_answers_are_found (void)
{
    Scan s;

    scan_init (&s);
    scan_populate (&s, 20, 5, "checksum=20 silent=5");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, "confirm=yes"));
    g_assert_cmpuint (s.addresses->len, ==, 20);
    g_assert_cmpuint (steps_of (&s, "checksum"), >, 0);
    scan_clear (&s);
}

static void an_empty_bus_takes_one_request (void)
{
    Scan s;

    scan_init (&s);
    fixture_bus (&s.f);
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, ""));
    g_assert_cmpuint (s.addresses->len, ==, 0);
    g_assert_cmpuint (steps_of (&s, "timeout"), ==, 1);
    scan_clear (&s);
}

static void a_mask_limits_the_search (void)
{
    Scan s;

    scan_init (&s);
    fixture_meter (&s.f, "id=33000001 manufacturer=KAM medium=4");
    fixture_meter (&s.f, "id=33000002 manufacturer=KAM medium=7");
    fixture_meter (&s.f, "id=00000012 manufacturer=KAM medium=7");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, "mask=33FFFFFF"));
    g_assert_cmpuint (s.addresses->len, ==, 2);
    g_assert_true (scan_run (&s, "mask=KAM-FFFFFFFF-*-7"));
    g_assert_cmpuint (s.addresses->len, ==, 4);
    g_ptr_array_set_size (s.addresses, 0);
    g_assert_true (scan_run (&s, "mask=1F"));
    g_assert_cmpuint (s.addresses->len, ==, 1);
    g_assert_false (scan_run (&s, "mask=33XX"));
    g_assert_error (s.f.error, MG_ERROR, MG_ERROR_CONFIG);
    scan_clear (&s);
}

static void a_cancelled_scan_keeps_what_it_found (void)
{
    Scan s;

    scan_init (&s);
    scan_populate (&s, 50, 6, "");
    fixture_start (&s.f, "");
    s.cancel_after = 7;
    g_assert_false (scan_run (&s, ""));
    g_assert_error (s.f.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint (s.addresses->len, ==, 7);
    g_assert_cmpuint (s.done, >, 0);
    g_assert_cmpuint (s.done, <, s.total);
    scan_clear (&s);
}

static void known_meters_come_first_on_a_second_scan (void)
{
    Scan s;
    guint silences;

    scan_init (&s);
    scan_populate (&s, 20, 7, "");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, ""));
    for (guint i = 0; i < s.addresses->len; i++)
        g_ptr_array_add (s.known, mgh_device_new (i + 1, s.addresses->pdata[i], NULL));
    g_autoptr (GPtrArray) before = g_steal_pointer (&s.addresses);
    s.addresses = g_ptr_array_new_with_free_func (g_free);
    fixture_meter (&s.f, "id=98765432 manufacturer=KAM");
    g_hash_table_remove_all (s.steps);
    s.cancel_after = 20;
    g_assert_false (scan_run (&s, ""));
    silences = steps_of (&s, "timeout");
    g_assert_cmpuint (silences, ==, 0); /* nothing else was asked */
    for (guint i = 0; i < before->len; i++)
        g_assert_true (scan_has (&s, before->pdata[i]) || scan_has (&s, "KAM-98765432-1-4") || i > 0);
    g_cancellable_reset (s.cancellable);
    s.cancel_after = 0;
    g_ptr_array_set_size (s.addresses, 0);
    g_assert_true (scan_run (&s, ""));
    g_assert_cmpuint (s.addresses->len, ==, 21);
    scan_clear (&s);
}

static void an_empty_primary_scan_takes_less_than_a_minute (void)
{
    Scan s;

    scan_init (&s);
    fixture_bus (&s.f);
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, "mode=primary"));
    g_assert_cmpuint (steps_of (&s, "timeout"), ==, 251);
    g_test_message ("%.1f s", (double) s.f.took_us / 1e6);
    g_assert_cmpint (s.f.took_us, <, 60 * G_USEC_PER_SEC);
    scan_clear (&s);
}

static void a_primary_scan_finds_addresses_and_asks_known_ones_first (void)
{
    Scan s;

    scan_init (&s);
    fixture_meter (&s.f, "address=5 id=12345678");
    fixture_meter (&s.f, "address=7 id=11111111 checksum=30");
    fixture_meter (&s.f, "address=9 id=22222222");
    fixture_meter (&s.f, "address=9 id=33333333"); /* nobody can read these */
    fixture_meter (&s.f, "address=250 id=44444444");
    fixture_start (&s.f, "");
    g_ptr_array_add (s.known, mgh_device_new (1, "250", NULL));
    g_assert_true (scan_run (&s, "mode=primary"));
    g_assert_cmpuint (s.addresses->len, ==, 3);
    g_assert_cmpstr (s.addresses->pdata[0], ==, "250");
    g_assert_cmpstr (s.addresses->pdata[1], ==, "5");
    g_assert_cmpstr (s.addresses->pdata[2], ==, "7");
    g_assert_cmpuint (steps_of (&s, "unresolved"), ==, 1);
    g_ptr_array_set_size (s.addresses, 0);
    g_assert_true (scan_run (&s, "mode=primary from=6 to=10"));
    g_assert_cmpuint (s.addresses->len, ==, 1);
    g_assert_false (scan_run (&s, "mode=primary from=10 to=6"));
    scan_clear (&s);
}

static void a_late_meter_is_found_by_its_primary_address (void)
{
    Scan s;

    scan_init (&s);
    fixture_meter (&s.f, "address=5 id=12345678");
    fixture_meter (&s.f, "address=7 id=11111111 delay=150");
    fixture_start (&s.f, "");
    g_assert_true (scan_run (&s, "mode=primary to=20"));
    g_assert_cmpuint (s.addresses->len, ==, 2);
    g_assert_true (scan_has (&s, "7"));
    scan_clear (&s);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mbus/scan/a_crowd_is_found_within_the_promised_number_of_transactions",
                     a_crowd_is_found_within_the_promised_number_of_transactions);
    g_test_add_func ("/mbus/scan/meters_that_differ_only_in_hexadecimal_parts_are_found",
                     meters_that_differ_only_in_hexadecimal_parts_are_found);
    g_test_add_func ("/mbus/scan/a_converter_that_echoes_does_not_matter", a_converter_that_echoes_does_not_matter);
    g_test_add_func ("/mbus/scan/meters_that_answer_late_are_found", meters_that_answer_late_are_found);
    g_test_add_func ("/mbus/scan/meters_with_damaged_answers_are_found", meters_with_damaged_answers_are_found);
    g_test_add_func ("/mbus/scan/an_empty_bus_takes_one_request", an_empty_bus_takes_one_request);
    g_test_add_func ("/mbus/scan/a_mask_limits_the_search", a_mask_limits_the_search);
    g_test_add_func ("/mbus/scan/a_cancelled_scan_keeps_what_it_found", a_cancelled_scan_keeps_what_it_found);
    g_test_add_func ("/mbus/scan/known_meters_come_first_on_a_second_scan", known_meters_come_first_on_a_second_scan);
    g_test_add_func ("/mbus/scan/an_empty_primary_scan_takes_less_than_a_minute",
                     an_empty_primary_scan_takes_less_than_a_minute);
    g_test_add_func ("/mbus/scan/a_primary_scan_finds_addresses_and_asks_known_ones_first",
                     a_primary_scan_finds_addresses_and_asks_known_ones_first);
    g_test_add_func ("/mbus/scan/a_late_meter_is_found_by_its_primary_address",
                     a_late_meter_is_found_by_its_primary_address);
    return g_test_run ();
}
