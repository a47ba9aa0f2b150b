/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* params.h: an event's parameters as the text of one JSON object, and back. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *store_params_to_text (const char *const *params); /* name, value, ..., NULL; NULL: none */
/* Name, value, ..., NULL; empty when the text is no object of strings. */
char **store_params_from_text (const char *text);

G_END_DECLS
