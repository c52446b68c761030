# convoy_tool(NAME [source...]): the executable convoy-NAME from tools/NAME.cpp and the sources, installed.
function(convoy_tool name)
    add_executable(convoy-${name} ${name}.cpp ${ARGN})
    convoy_executable(convoy-${name})
    target_include_directories(convoy-${name} PRIVATE ${PROJECT_SOURCE_DIR}/tools)
    install(TARGETS convoy-${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# What every executable needs, tests included: libconvoy and the 64-byte-aligned operator new[].
function(convoy_executable target)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tools/aligned_new.cpp)
    target_compile_options(${target} PRIVATE ${CONVOY_WARNINGS})
    target_link_libraries(${target} PRIVATE convoy)
endfunction()
