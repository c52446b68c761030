# Compares docs/format-*.md with a fresh generation: DOCGEN, SOURCE_DIR, SCRATCH. Fails for a page that differs, is
# missing, or has no prose any more.
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
execute_process(COMMAND ${DOCGEN} ${SOURCE_DIR}/docs/formats ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB fresh RELATIVE ${SCRATCH} ${SCRATCH}/*.md)
file(GLOB committed RELATIVE ${SOURCE_DIR}/docs ${SOURCE_DIR}/docs/format-*.md)
list(APPEND pages ${fresh} ${committed})
list(REMOVE_DUPLICATES pages)
foreach(page IN LISTS pages)
    execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${SCRATCH}/${page} ${SOURCE_DIR}/docs/${page}
                    RESULT_VARIABLE differs OUTPUT_QUIET ERROR_QUIET)
    if(differs)
        message(SEND_ERROR "docs/${page} is not what docs/formats and the schemas give; ./ci.sh docs rewrites it")
    endif()
endforeach()
