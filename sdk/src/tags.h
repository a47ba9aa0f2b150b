/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tags.h: the tags of a meter or a point: key=value, a key may have several values. */
#pragma once

#include <metergate.h>

typedef struct _Tags Tags;

/* NULL for none; all three functions below take NULL as a set without tags */
Tags *tags_new (const char *const *tags);
void tags_free (Tags *tags);
const char *const *tags_get (const Tags *tags, const char *key); /* values, NULL-ended, never NULL itself */
const char *const *tags_get_all (const Tags *tags);              /* "key=value", NULL-ended, never NULL itself */
