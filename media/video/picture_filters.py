"""Picture filters: normalize size, dynamic range and field order.

Each filter is in ffmpeg's syntax, for a chain joined by commas.
"""

from typing import Final

from media.video.stream_facts import DynamicRange, VideoStream

# Reference white of HDR recordings in candelas per square meter, from ITU-R BT.2408.
_WHITE_NITS: Final = 203


def whole_pictures(video: VideoStream) -> tuple[str, ...]:
    """Return the filters that deinterlace a video."""
    return ("yadif=deint=interlaced",) if video.interlaced else ()


def last_picture_stays(seconds: float) -> tuple[str, ...]:
    """Return the filter that repeats the last picture for that many seconds, until the sound ends."""
    return (f"tpad=stop_mode=clone:stop_duration={seconds}",) if seconds else ()


def fitted(width: int, height: int) -> tuple[str, ...]:
    """Return the filters that fit each picture into a size, with black bars for other shapes."""
    fit = f"scale='min({width},ceil({height}*dar/2)*2)':'min({height},ceil({width}/dar/2)*2)'"
    return (f"{fit}:out_range=tv", f"pad={width}:{height}:-1:-1", "setsar=1")


def sized(video: VideoStream, width: int, height: int) -> tuple[str, ...]:
    """Return the filters that fit each picture into a size and convert its colors to SDR.

    Colors are converted last, since that is faster on smaller pictures.
    """
    return (*fitted(width, height), *_standard_range(video))


def _standard_range(video: VideoStream) -> tuple[str, ...]:
    """Return the filters that convert HDR to SDR and mark it so; none for SDR."""
    if video.dynamic_range is DynamicRange.STANDARD:
        return ()
    coded = f"tin={video.dynamic_range}:pin=bt2020:min=bt2020nc"
    return (
        "format=yuv420p10le",
        f"zscale={coded}:t=linear:npl={_WHITE_NITS}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:param=0.8:desat=0",
        "zscale=t=bt709:m=bt709:p=bt709:r=tv",
        # The recording's metadata for HDR screens no longer applies.
        "sidedata=mode=delete:type=MASTERING_DISPLAY_METADATA",
        "sidedata=mode=delete:type=CONTENT_LIGHT_LEVEL",
    )
