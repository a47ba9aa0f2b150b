/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder.h: the writing end of a recording: takes finished records and puts them on disk without making a line wait.
 */
#pragma once

#include <glib.h>

typedef struct _Recorder Recorder;

/* Appends to `path`, or makes it; an unfinished last line is cut off. NULL with an error in words. */
Recorder *recorder_open (const char *path, GError **error);
/* `records` are whole lines about `n_bytes` bytes of the line. FALSE: the disk is behind, they were dropped and
 * counted. Any thread. */
gboolean recorder_add (Recorder *recorder, const char *records, gsize len, gsize n_bytes);
/* How many bytes of the line were dropped since it was asked last; 0: none, or there still is no room to say so. */
gsize recorder_take_lost (Recorder *recorder);
/* Hands what is queued to the disk in the background and lets go of it. */
void recorder_close (Recorder *recorder);
/* Waits until all that was added so far is written. */
void recorder_flush (Recorder *recorder);
