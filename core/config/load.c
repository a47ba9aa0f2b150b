/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load.c: from folders (or one text) to a checked configuration: merging, problems, checks across groups. */
#include "folder.h"
#include "group.h"
#include "keyfile.h"

#include <string.h>

/* Problems are kept up to this number; a text of nothing but errors has 500,000 lines. */
#define PROBLEMS_MOST 1000

typedef struct {
    Config *config;
    const ConfigKind *kinds;
    guint n_kinds;
    GPtrArray *problems;
    gboolean refused;
    const char *file; /* being read */
    guint order;
    ConfigGroup *group;      /* being read */
    GHashTable *group_lines; /* groups of this file: line */
} Load;

static void problem_add (Load *load, const char *file, guint line, const char *group, const char *key,
                         const char *message, gboolean fatal)
{
    ConfigProblem *problem;

    load->refused = load->refused || fatal;
    if (load->problems->len >= PROBLEMS_MOST)
        return;
    problem = g_new0 (ConfigProblem, 1);
    problem->file = g_strdup (file);
    problem->line = line;
    problem->group = g_strdup (group);
    problem->key = g_strdup (key);
    problem->message = g_strdup (message);
    problem->fatal = fatal;
    g_ptr_array_add (load->problems, problem);
}

static void load_group_problem (gpointer data, const ConfigGroup *group, const ConfigText *text, const char *key,
                                const char *message, gboolean fatal)
{
    const char *file = text != NULL ? text->file : group->file;

    problem_add (data, file, text != NULL ? text->line : group->line, group->title, key, message, fatal);
}

static void load_folder_problem (gpointer data, const char *path, const char *message)
{
    problem_add (data, path, 0, NULL, NULL, message, TRUE);
}

/* ---- reading */

static const ConfigKind *load_find_kind (Load *load, const char *kind)
{
    for (guint i = 0; i < load->n_kinds; i++) {
        if (strcmp (load->kinds[i].kind, kind) == 0)
            return &load->kinds[i];
    }
    return NULL;
}

static char *load_list_kinds (Load *load)
{
    GString *out = g_string_new (NULL);

    for (guint i = 0; i < load->n_kinds; i++)
        g_string_append_printf (out, "%s[%s%s]", i > 0 ? ", " : "", load->kinds[i].kind,
                                load->kinds[i].named ? " NAME" : "");
    return g_string_free (out, FALSE);
}

/* What is wrong with this group's head; full, NULL: nothing. */
static char *load_group_fault (Load *load, const ConfigKind *kind, const char *name, const char *title)
{
    guint line = GPOINTER_TO_UINT (g_hash_table_lookup (load->group_lines, title));

    if (kind == NULL) {
        g_autofree char *kinds = load_list_kinds (load);
        return g_strdup_printf ("no such kind of group: expected one of %s", kinds);
    }
    if (kind->named && *name == '\0')
        return g_strdup_printf ("a group without a name: expected [%s NAME]", kind->kind);
    if (!kind->named && *name != '\0')
        return g_strdup_printf ("a group with a name: expected [%s]", kind->kind);
    if (line != 0)
        return g_strdup_printf ("stands twice in this file: first in line %u", line);
    if (load->config->groups->len >= KEYFILE_MOST_GROUPS && g_hash_table_lookup (load->config->by_title, title) == NULL)
        return g_strdup_printf ("too many groups: expected at most %u", KEYFILE_MOST_GROUPS);
    return NULL;
}

static void config_add_group (Config *config, ConfigGroup *group)
{
    GPtrArray *same = g_hash_table_lookup (config->by_kind, group->kind->kind);

    if (same == NULL) {
        same = g_ptr_array_new ();
        g_hash_table_insert (config->by_kind, (char *) group->kind->kind, same);
    }
    g_ptr_array_add (same, group);
    g_ptr_array_add (config->groups, group);
    g_hash_table_insert (config->by_title, group->title, group);
}

static gboolean load_on_group (gpointer data, const char *kind_name, const char *name, guint line)
{
    Load *load = data;
    const ConfigKind *kind = load_find_kind (load, kind_name);
    g_autofree char *title = *name != '\0' ? g_strdup_printf ("%s %s", kind_name, name) : g_strdup (kind_name);
    g_autofree char *fault = load_group_fault (load, kind, name, title);

    load->group = NULL;
    if (fault != NULL) {
        problem_add (load, load->file, line, title, NULL, fault, TRUE);
        return FALSE;
    }
    load->group = g_hash_table_lookup (load->config->by_title, title);
    if (load->group == NULL) {
        load->group = group_new (kind, name, load->file, line);
        config_add_group (load->config, load->group);
    }
    g_hash_table_insert (load->group_lines, g_steal_pointer (&title), GUINT_TO_POINTER (line));
    return TRUE;
}

static void load_on_key (gpointer data, const char *key, const char *value, guint line)
{
    Load *load = data;
    ConfigText text = { (char *) key, (char *) value, load->file, line, load->order++ };
    guint first_line;

    if (!group_set_text (load->group, &text, &first_line)) {
        g_autofree char *message = g_strdup_printf ("given twice in this file: first in line %u", first_line);
        problem_add (load, load->file, line, load->group->title, key, message, TRUE);
    }
}

static void load_on_problem (gpointer data, guint line, const char *key, const char *message)
{
    Load *load = data;

    problem_add (load, load->file, line, NULL, key, message, TRUE);
}

static void load_text (Load *load, const char *file, const char *text, gsize len)
{
    static const KeyfileHandler handler = { load_on_group, load_on_key, load_on_problem };

    load->file = g_string_chunk_insert (load->config->files, file);
    load->group_lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    keyfile_parse (text, len, &handler, load);
    g_clear_pointer (&load->group_lines, g_hash_table_unref);
}

/* ---- checks */

static void ignore_problem (gpointer data, const ConfigGroup *group, const ConfigText *text, const char *key,
                            const char *message, gboolean fatal)
{
}

/* A kind without names that no file mentions holds with its defaults; when something of it is REQUIRED, whoever wants
 * it says so. */
static void load_add_unmentioned (Load *load)
{
    for (guint i = 0; i < load->n_kinds; i++) {
        const ConfigKind *kind = &load->kinds[i];
        ConfigGroup *group;

        if (kind->named || g_hash_table_contains (load->config->by_title, kind->kind))
            continue;
        group = group_new (kind, "", NULL, 0);
        if (group_resolve (group, ignore_problem, NULL))
            config_add_group (load->config, group);
        else
            group_free (group);
    }
}

/* What can not run for want of its plugin is no reason to stop the rest. */
static void load_leave_out (Config *config, guint i)
{
    ConfigGroup *group = g_ptr_array_index (config->groups, i);

    g_hash_table_remove (config->by_title, group->title);
    g_ptr_array_remove (g_hash_table_lookup (config->by_kind, group->kind->kind), group);
    g_ptr_array_remove_index (config->groups, i);
}

static void load_check (Load *load)
{
    const GPtrArray *groups = load->config->groups;

    for (guint i = 0; i < groups->len; i++) {
        ConfigGroup *group = g_ptr_array_index (groups, i);

        if (!group_resolve (group, load_group_problem, load) && group->left_out)
            load_leave_out (load->config, i--);
    }
    if (load->refused)
        return;
    load_add_unmentioned (load);
    for (guint i = 0; i < groups->len; i++) {
        const ConfigGroup *group = g_ptr_array_index (groups, i);
        g_autoptr (GError) error = NULL;

        if (group->kind->check != NULL && !group->kind->check (load->config, group, &error))
            group_tell_error (group, error, load_group_problem, load);
    }
}

static Config *config_new (void)
{
    Config *config = g_new0 (Config, 1);

    config->refs = 1;
    config->files = g_string_chunk_new (256);
    config->groups = g_ptr_array_new_with_free_func ((GDestroyNotify) group_free);
    config->by_title = g_hash_table_new (g_str_hash, g_str_equal);
    config->by_kind = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    return config;
}

static void load_begin (Load *load, const ConfigKind *kinds, guint n_kinds, GPtrArray *problems)
{
    *load = (Load){ .config = config_new (), .n_kinds = n_kinds };
    load->kinds = load->config->kinds = g_memdup2 (kinds, n_kinds * sizeof *kinds);
    load->problems = problems != NULL ? g_ptr_array_ref (problems)
                                      : g_ptr_array_new_with_free_func ((GDestroyNotify) config_problem_free);
}

/* The error tells the first fatal problem, and how many there are. */
static void load_set_error (const GPtrArray *problems, guint from, GError **error)
{
    const ConfigProblem *first = NULL;
    g_autofree char *text = NULL;
    guint n = 0;

    for (guint i = from; i < problems->len; i++) {
        const ConfigProblem *problem = g_ptr_array_index (problems, i);

        if (problem->fatal && n++ == 0)
            first = problem;
    }
    if (first == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "more than %u problems", PROBLEMS_MOST);
        return;
    }
    text = config_problem_text (first);
    if (n > 1)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s (and %u more)", text, n - 1);
    else
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s", text);
}

static Config *load_end (Load *load, guint problems_before, GError **error)
{
    Config *config = load->config;

    load_check (load);
    if (load->refused) {
        load_set_error (load->problems, problems_before, error);
        g_clear_pointer (&config, config_unref);
    }
    g_ptr_array_unref (load->problems);
    return config;
}

Config *config_load_text (const char *file, const char *text, gsize len, const ConfigKind *kinds, guint n_kinds,
                          GPtrArray *problems, GError **error)
{
    guint before = problems != NULL ? problems->len : 0;
    Load load;

    load_begin (&load, kinds, n_kinds, problems);
    load_text (&load, file, text, len);
    return load_end (&load, before, error);
}

Config *config_load (const char *const *folders, const ConfigKind *kinds, guint n_kinds, GPtrArray *problems,
                     GError **error)
{
    guint before = problems != NULL ? problems->len : 0;
    g_autoptr (GPtrArray) paths = NULL;
    Load load;

    load_begin (&load, kinds, n_kinds, problems);
    paths = folder_list (folders, load_folder_problem, &load);
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index (paths, i);
        g_autofree char *why = NULL, *text = NULL;
        gsize len = 0;

        text = folder_read_file (path, KEYFILE_MOST_BYTES, &len, &why);
        if (text != NULL)
            load_text (&load, path, text, len);
        else
            problem_add (&load, path, 0, NULL, NULL, why, TRUE);
    }
    return load_end (&load, before, error);
}
