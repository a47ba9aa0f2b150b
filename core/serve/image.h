/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h: one instance's own array of all meters, with the age of what is in it. Used by its thread alone. */
#pragma once

#include <host/mgh-model.h>

/* When something came to the gateway, by both clocks. */
typedef struct {
    gint64 wall_ms, mono_us;
} ImageTime;

typedef struct {
    GPtrArray *meters; /* MgMeterNow, by id */
    GHashTable *born;  /* MgReadout of a meter in here: gint64 *, its time in monotonic microseconds */
} Image;

void image_init (Image *image);
void image_clear (Image *image);

/* Takes a meter's newer state (full); what was there before (full), or NULL. */
MgMeterNow *image_put (Image *image, MgMeterNow *now, ImageTime came);

/* The meter is gone: what was there (full), or NULL. */
MgMeterNow *image_drop (Image *image, guint32 id);

const MgMeterNow *image_find (const Image *image, guint32 id);

/* In milliseconds; -1: not known. */
gint64 image_age_ms (const Image *image, const MgReading *reading, ImageTime now);
