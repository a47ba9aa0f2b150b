/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* csv.c: layouts against golden files, texts that could do harm, memory, failures of the receiver. */
#include <metergate.h>

#include "rig.h"

#include <string.h>

extern const MgModule mg_module;

static const MgFormatOps *csv_ops (void)
{
    return ((const MgFeature *) mg_module.features.items)->ops;
}

static void the_layouts_are_those_of_the_golden_files (void)
{
    const char *layouts[] = { "0", "1", "3", "4", "5", "6", "9" };

    for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
        MghConfigText texts[] = { { "layout", layouts[i] } };
        RigRun run = { .ops = csv_ops (), .texts = texts, .n_texts = 1 };
        g_autoptr (RigSample) sample = rig_sample_new ();
        g_autoptr (GError) error = NULL;
        g_autofree char *text = rig_run (&run, sample, &error);
        g_autofree char *file = g_strdup_printf ("csv-%s.csv", layouts[i]);

        g_assert_no_error (error);
        rig_assert_golden (text, file);
    }
}

static void every_line_has_the_cells_of_the_header (void)
{
    RigRun run = { .ops = csv_ops (), .select = "channel:wmbus1 channel:mbus1 active:all" };
    g_autoptr (RigSample) sample = rig_sample_new ();
    g_autofree char *text = rig_run (&run, sample, NULL);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    guint cells = 0;

    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_auto (GStrv) line = g_strsplit (lines[i], ";", -1);
        if (i == 0)
            cells = g_strv_length (line);
        if (strchr (lines[i], '"') == NULL)
            g_assert_cmpuint (g_strv_length (line), ==, cells);
    }
    g_assert_cmpuint (cells, >, 5);
}

static void separator_and_decimal_mark_can_be_chosen_but_not_the_same (void)
{
    MghConfigText texts[] = { { "separator", "comma" }, { "decimal-mark", "comma" }, { "header", "no" } };
    RigRun run = { .ops = csv_ops (), .texts = texts, .n_texts = 3 };
    g_autoptr (RigSample) sample = rig_sample_new ();
    g_autoptr (GError) error = NULL;

    g_assert_null (rig_run (&run, sample, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    texts[0].value = "tab";
    g_autofree char *text = rig_run (&run, sample, NULL);
    rig_assert_golden (text, "csv-9-tab-comma.csv");
}

static void text_is_quoted_and_guarded_only_where_needed (void)
{
    struct {
        const char *text, *cell;
    } cases[] = {
        { "plain", ";plain;" },
        { "a b", ";a b;" },
        { "Zähler", ";Zähler;" },
        { "a;b", ";\"a;b\";" },
        { "a\"b", ";\"a\"\"b\";" },
        { "a\nb", ";\"a\nb\";" },
        { "a\rb", ";\"a\rb\";" },
        { "=1+1", ";'=1+1;" },
        { "+49 30", ";'+49 30;" },
        { "-5", ";'-5;" },
        { "@SUM(A1)", ";'@SUM(A1);" },
        { "\tx", ";'\tx;" },
        { "=cmd|' /C calc'!A0;\"x\"", ";\"'=cmd|' /C calc'!A0;\"\"x\"\"\";" },
        { "'=quoted", ";'=quoted;" },
        { "<b>x</b>&", ";<b>x</b>&;" },
        { "bell\x07 esc\x1b del\x7f", ";bell\xEF\xBF\xBD esc\xEF\xBF\xBD del\xEF\xBF\xBD;" },

    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        RigRun run = { .ops = csv_ops () };
        g_autoptr (RigSample) sample = rig_sample_new_text (cases[i].text, -1);
        g_autofree char *text = rig_run (&run, sample, NULL);
        const char *cell = cases[i].cell;
        g_autofree char *line =
            g_strdup_printf ("0;2026-11-20 13:00:00;ABC-1-0-0;1%s0%sNone%s%s0;\n", cell, cell, cell, cell + 1);

        if (strstr (text, line) == NULL)
            g_error ("case %u: '%s' not in '%s'", i, line, text);
    }
}

/* as text it is repaired; as a value it is bytes, and exact */
static void broken_utf8_is_repaired (void)
{
    RigRun run = { .ops = csv_ops () };
    g_autoptr (RigSample) sample = rig_sample_new_text ("broken\xFF\xC3(", -1);
    g_autofree char *text = rig_run (&run, sample, NULL);

    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_nonnull (strstr (text, ";broken\xEF\xBF\xBD\xEF\xBF\xBD(;0;62726F6B656EFFC328;None;broken\xEF\xBF\xBD"));
}

static void the_guard_can_be_switched_off (void)
{
    MghConfigText texts[] = { { "formula-guard", "no" } };
    RigRun run = { .ops = csv_ops (), .texts = texts, .n_texts = 1 };
    g_autoptr (RigSample) sample = rig_sample_new_text ("=1+1", -1);
    g_autofree char *text = rig_run (&run, sample, NULL);

    g_assert_nonnull (strstr (text, ";=1+1;"));
    g_assert_null (strstr (text, "'"));
}

static void a_text_of_a_megabyte_passes (void)
{
    g_autofree char *large = g_strnfill (1 << 20, 'x');
    RigRun run = { .ops = csv_ops () };
    g_autoptr (RigSample) sample = rig_sample_new_text (large, -1);
    g_autofree char *text = rig_run (&run, sample, NULL);

    g_assert_nonnull (strstr (text, large));
    g_assert_cmpuint (strlen (text), >, 4u << 20);
}

static void a_receiver_that_fails_ends_the_run_with_its_error (void)
{
    rig_test_receiver_fails (csv_ops ());
}

static void memory_does_not_grow_with_the_lines (void)
{
    rig_test_memory_flat (csv_ops ());
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/csv/layouts-as-the-golden-files", the_layouts_are_those_of_the_golden_files);
    g_test_add_func ("/csv/every-line-has-the-cells-of-the-header", every_line_has_the_cells_of_the_header);
    g_test_add_func ("/csv/separator-and-decimal-mark", separator_and_decimal_mark_can_be_chosen_but_not_the_same);
    g_test_add_func ("/csv/text-quoted-and-guarded", text_is_quoted_and_guarded_only_where_needed);
    g_test_add_func ("/csv/broken-utf8-repaired", broken_utf8_is_repaired);
    g_test_add_func ("/csv/guard-off", the_guard_can_be_switched_off);
    g_test_add_func ("/csv/text-of-a-megabyte", a_text_of_a_megabyte_passes);
    g_test_add_func ("/csv/receiver-fails", a_receiver_that_fails_ends_the_run_with_its_error);
    g_test_add_func ("/csv/memory-flat", memory_does_not_grow_with_the_lines);
    return g_test_run ();
}
