/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* csv-read.c: rows of cells out of RFC 4180 text, with ; or , between them. */
#include "meter.h"

static void csv_row_free (gpointer data)
{
    CsvRow *row = data;

    g_ptr_array_unref (row->cells);
    g_free (row);
}

typedef struct {
    const char *at, *end;
    guint line;
    char separator;
} Reader;

/* Inside quotes a doubled quote is one, and everything else stands for itself. */
static gboolean csv_quoted (Reader *r, GString *cell, GError **error)
{
    guint opened = r->line;

    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '"') {
            if (r->at + 1 == r->end || r->at[1] != '"') {
                r->at++;
                return TRUE;
            }
            r->at++;
        } else if (*r->at == '\n') {
            r->line++;
        }
        g_string_append_c (cell, *r->at);
    }
    g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "line %u: a quote is opened and never closed", opened);
    return FALSE;
}

static char *csv_cell (Reader *r, GError **error)
{
    g_autoptr (GString) cell = g_string_new (NULL);

    if (r->at < r->end && *r->at == '"' && !csv_quoted (r, cell, error))
        return NULL;
    while (r->at < r->end && *r->at != r->separator && *r->at != '\n' && *r->at != '\r')
        g_string_append_c (cell, *r->at++);
    /* what a spreadsheet would run was given an apostrophe on the way out */
    if (cell->len > 1 && cell->str[0] == '\'' && strchr ("=+-@\t\r", cell->str[1]) != NULL)
        g_string_erase (cell, 0, 1);
    return g_strdup (g_strstrip (cell->str));
}

static CsvRow *csv_row (Reader *r, GError **error)
{
    CsvRow *row = g_new (CsvRow, 1);

    row->line = r->line;
    row->cells = g_ptr_array_new_with_free_func (g_free);
    for (;;) {
        char *cell = csv_cell (r, error);
        if (cell == NULL) {
            csv_row_free (row);
            return NULL;
        }
        g_ptr_array_add (row->cells, cell);
        if (r->at == r->end || *r->at != r->separator)
            break;
        r->at++;
    }
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end && *r->at == '\n') {
        r->at++;
        r->line++;
    }
    return row;
}

GPtrArray *csv_read (const char *text, gsize len, GError **error)
{
    g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (csv_row_free);
    const char *bad;

    if (!g_utf8_validate_len (text, len, &bad)) {
        guint line = 1;
        for (const char *p = text; p < bad; p++)
            line += *p == '\n';
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_INVALID, "line %u: not UTF-8", line);
        return NULL;
    }
    if (len >= 3 && memcmp (text, "\xEF\xBB\xBF", 3) == 0)
        text += 3, len -= 3;
    gsize header = 0;
    while (header < len && text[header] != '\n' && text[header] != ';')
        header++;
    Reader r = { text, text + len, 1, header < len && text[header] == ';' ? ';' : ',' };
    while (r.at < r.end) {
        CsvRow *row = csv_row (&r, error);
        if (row == NULL)
            return NULL;
        if (row->cells->len == 1 && *(char *) row->cells->pdata[0] == '\0')
            csv_row_free (row);
        else
            g_ptr_array_add (rows, row);
    }
    return g_steal_pointer (&rows);
}
