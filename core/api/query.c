/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* query.c: what stands behind the ? of a request; a name that a route does not know is refused, not passed over. */
#include "answer.h"

gboolean query_check (Request *request, const char *known)
{
    g_auto (GStrv) names = g_strsplit (known != NULL ? known : "", " ", -1);
    GHashTableIter iter;
    gpointer name;

    if (request->query == NULL)
        return TRUE;
    g_hash_table_iter_init (&iter, request->query);
    while (g_hash_table_iter_next (&iter, &name, NULL)) {
        if (g_strv_contains ((const char *const *) names, name))
            continue;
        g_autofree char *text = g_strdup_printf ("query parameter \"%s\": unknown; expected %s", (char *) name,
                                                 known != NULL ? known : "none");
        answer_problem_with (request, 400, "query", text, "parameter", name, NULL);
        return FALSE;
    }
    return TRUE;
}

gboolean query_number (Request *request, const char *name, gint64 min, gint64 max, gint64 otherwise, gint64 *number)
{
    const char *text = request->query != NULL ? g_hash_table_lookup (request->query, name) : NULL;

    *number = otherwise;
    if (text == NULL || g_ascii_string_to_signed (text, 10, min, max, number, NULL))
        return TRUE;
    g_autofree char *detail =
        g_strdup_printf ("query parameter %s \"%s\": expected a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                         name, text, min, max);
    answer_problem_with (request, 400, "query", detail, "parameter", name, NULL);
    return FALSE;
}
