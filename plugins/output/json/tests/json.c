/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json.c: the golden file, what a strict reader says to it, texts that could do harm, memory, failures of the receiver.
 */
#include <metergate.h>

#include "rig.h"

#include <string.h>

extern const MgModule mg_module;

static const MgFormatOps *json_ops (void)
{
    return ((const MgFeature *) mg_module.features.items)->ops;
}

/* what Python's strict reader makes of `text` by `expression` over `d`; full */
static char *python_reads (const char *text, const char *expression)
{
    g_autofree char *program =
        g_strdup_printf ("import json,sys\nd=json.loads(sys.stdin.buffer.read().decode('utf-8'))\n"
                         "sys.stdout.buffer.write(str(%s).encode('utf-8'))",
                         expression);
    g_autoptr (GError) error = NULL;
    g_autoptr (GSubprocess) python = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                                       &error, "/usr/bin/python3", "-c", program, NULL);
    char *said = NULL;

    g_assert_no_error (error);
    g_assert_true (g_subprocess_communicate_utf8 (python, text, NULL, &said, NULL, &error));
    g_assert_no_error (error);
    g_assert_true (g_subprocess_get_successful (python));
    return said;
}

static void the_sample_is_that_of_the_golden_file (void)
{
    RigRun run = { .ops = json_ops () };
    g_autoptr (RigSample) sample = rig_sample_new ();
    g_autoptr (GError) error = NULL;
    g_autofree char *text = rig_run (&run, sample, &error);

    g_assert_no_error (error);
    rig_assert_golden (text, "sample.json");
}

static void a_strict_reader_finds_every_value (void)
{
    RigRun run = { .ops = json_ops () };
    g_autoptr (RigSample) sample = rig_sample_new ();
    g_autofree char *text = rig_run (&run, sample, NULL);
    g_autofree char *counts = python_reads (text, "[len(m['data']) for m in d['muc']['meter']]");
    g_autofree char *energy = python_reads (text, "d['muc']['meter'][1]['data'][0]");

    g_assert_cmpstr (counts, ==, "[4, 5, 2, 1, 1]");
    g_assert_cmpstr (energy, ==,
                     "{'DESCRIPTION': 'Energy', 'UNIT': 'kWh', 'SCALE': '1e+00', 'OBIS_ID': '6-0:1.0.0*255', "
                     "'USER': 'Heat of the house', 'entry': [{'T_MUC': 1795176001, 'T': 1795173540, 'VAL': '37351'}]}");
}

static void a_run_without_items_is_valid_too (void)
{
    RigRun run = { .ops = json_ops () };
    g_autoptr (RigSample) sample = rig_sample_new ();

    g_ptr_array_set_size (sample->items, 0);
    g_autofree char *text = rig_run (&run, sample, NULL);
    g_autofree char *said = python_reads (text, "[d['muc']['meter'], d['muc']['MUC_ID'], d['muc']['TIMESTAMP']]");
    g_assert_cmpstr (said, ==, "[[], '6891d0800e62', 1795178700]");
}

static void texts_come_through_unchanged_or_repaired (void)
{
    struct {
        const char *text, *read, *value; /* value NULL: as `read` */
    } cases[] = {
        { "plain", "plain" },
        { "\"quoted\" \\ back", "\"quoted\" \\ back" },
        { "a\nb\tc\rd", "a\nb\tc\rd" },
        { "Zähler </script>", "Zähler </script>" },
        { "=1+1", "=1+1" },
        { "bell\x07", "bell\xEF\xBF\xBD" },
        { "broken\xFF\xC3(", "broken\xEF\xBF\xBD\xEF\xBF\xBD(", "62726F6B656EFFC328" },
        { "\xF0\x9F\x94\x8C plug", "\xF0\x9F\x94\x8C plug" },
        { "", "" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        RigRun run = { .ops = json_ops () };
        g_autoptr (RigSample) sample = rig_sample_new_text (cases[i].text, -1);
        g_autofree char *text = rig_run (&run, sample, NULL);
        g_autofree char *said =
            python_reads (text, "d['muc']['meter'][0]['USER']+'|'+d['muc']['meter'][0]['data'][0]['entry'][0]['VAL']");
        g_autofree char *expected =
            g_strdup_printf ("%s|%s", cases[i].read, cases[i].value != NULL ? cases[i].value : cases[i].read);

        g_assert_cmpstr (said, ==, expected);
    }
}

static void a_receiver_that_fails_ends_the_run_with_its_error (void)
{
    rig_test_receiver_fails (json_ops ());
}

static void memory_does_not_grow_with_the_entries (void)
{
    rig_test_memory_flat (json_ops ());
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/json/sample-as-the-golden-file", the_sample_is_that_of_the_golden_file);
    g_test_add_func ("/json/strict-reader-finds-every-value", a_strict_reader_finds_every_value);
    g_test_add_func ("/json/run-without-items", a_run_without_items_is_valid_too);
    g_test_add_func ("/json/texts-unchanged-or-repaired", texts_come_through_unchanged_or_repaired);
    g_test_add_func ("/json/receiver-fails", a_receiver_that_fails_ends_the_run_with_its_error);
    g_test_add_func ("/json/memory-flat", memory_does_not_grow_with_the_entries);
    return g_test_run ();
}
