/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* packed.h: the texts of an object behind it, in the one piece of memory that it has. */
#pragma once

#include <glib.h>
#include <string.h>

/* The room that a text needs; NULL needs none. */
static inline gsize packed_size (const char *text)
{
    return text == NULL ? 0 : strlen (text) + 1;
}

/* Puts a text at *at and steps over it; NULL stays NULL. */
static inline const char *packed_put (char **at, const char *text)
{
    const char *start = *at;

    if (text == NULL)
        return NULL;
    *at = g_stpcpy (*at, text) + 1;
    return start;
}
